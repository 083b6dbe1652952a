/** `<target>` and the parameters that follow it; commas and semicolons may stand inside the target or in quotes. */
const link = /<([^>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",;]+))?)*)/g;
const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]+))/i;

/** Targets of the links with this relation, absolute, in their order (RFC 8288 section 3). */
export function linksTo(relationType: string, header: string | null, base: string): string[] {
  const targets: string[] = [];
  for (const [, target = '', parameters = ''] of (header ?? '').matchAll(link)) {
    const [, quoted, bare = ''] = relation.exec(parameters) ?? [];
    const types = (quoted ?? bare).toLowerCase().split(/\s+/);
    if (types.includes(relationType) && URL.canParse(target, base)) targets.push(new URL(target, base).href);
  }
  return targets;
}
