/** A Worker that does nothing: the place in workerd where packages are tested. */
export default { fetch: (): Response => new Response(null, { status: 404 }) };
