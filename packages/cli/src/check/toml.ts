const VALUE = /^(\w+)\s*=\s*(?:'''([\s\S]*?)'''|"""([\s\S]*?)"""|'([^'\n]*)'|"((?:[^"\\\n]|\\.)*)")/gm;

/** The texts in `[env.NAME.vars]` of a wrangler.toml: single or double quotes, one or three. */
export function tomlVariables(toml: string, name: string): (readonly [name: string, value: string])[] {
  const [, body = ''] =
    new RegExp(`^\\[env\\.${name}\\.vars\\]\\n([\\s\\S]*?)(?=^\\[\\[?[A-Za-z_]|$(?![\\s\\S]))`, 'm').exec(
      toml,
    ) ?? [];
  return Array.from(body.matchAll(VALUE), ([, key = '', literal3, basic3, literal, basic]) => {
    const escaped = basic3 ?? basic;
    const value = literal3 ?? literal ?? unescaped(escaped ?? '');
    return [key, value.replace(/^\n/, '')] as const;
  });
}

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text.replaceAll('\n', '\\n')}"`) as string;
  } catch {
    return text;
  }
}
