import type { Circumstances } from './circumstances.js';

const LISTS = ['ofRules', 'ofSubjects', 'waivers', 'evidence', 'notices', 'gaps'] as const;

/** Circumstances as text, to be kept beside a sweep. A span that still lasts ends with `null`. */
export function packCircumstances(circumstances: Circumstances): string {
  const lists = Object.fromEntries(LISTS.map((name) => [name, [...circumstances[name]]]));
  return JSON.stringify({ ...lists, findings: circumstances.findings });
}

export function unpackCircumstances(text: string): Circumstances {
  const kept = JSON.parse(text, (field, value: unknown) => (field === 'to' && value === null ? Infinity : value)) as {
    readonly [name in (typeof LISTS)[number]]: [string, never[]][];
  } & Pick<Circumstances, 'findings'>;
  return {
    ofRules: new Map(kept.ofRules),
    ofSubjects: new Map(kept.ofSubjects),
    waivers: new Map(kept.waivers),
    evidence: new Map(kept.evidence),
    notices: new Map(kept.notices),
    gaps: new Map(kept.gaps ?? []),
    findings: kept.findings,
  };
}
