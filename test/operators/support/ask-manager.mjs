// `systemctl` and `npx wrangler` of a test: hands its arguments to the test, which starts what they say.
const [tool, ...words] = process.argv.slice(2);
const input = await Array.fromAsync(process.stdin, String);
const response = await fetch(process.env.SOTTO_MANAGER, {
  method: 'POST',
  body: JSON.stringify({ tool, words, cwd: process.cwd(), input: input.join('') }),
});
process.stdout.write(await response.text());
process.exitCode = response.status === 200 ? 0 : 1;
