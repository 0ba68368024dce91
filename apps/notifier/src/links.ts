/** The platform's own page of a case; null where the contract names none. */
export function caseLink(template: string | null, subject: string): string | null {
  return template === null ? null : template.replaceAll('{subject}', encodeURIComponent(subject));
}

/** Where the product itself explains a verdict. */
export function verdictLink(publicUrl: string, id: string): string {
  return `${publicUrl}/v1/breaches/${encodeURIComponent(id)}`;
}

/** All current breaches of a contract. */
export function breachesLink(publicUrl: string, contract: string): string {
  return `${contractLink(publicUrl, contract)}/breaches`;
}

/** One standard in all its periods. */
export function standardLink(publicUrl: string, contract: string, standard: string): string {
  return `${contractLink(publicUrl, contract)}/standards?standard=${encodeURIComponent(standard)}`;
}

export function statementLink(publicUrl: string, contract: string, cycle: string): string {
  return `${contractLink(publicUrl, contract)}/statements/${encodeURIComponent(cycle)}`;
}

function contractLink(publicUrl: string, contract: string): string {
  return `${publicUrl}/v1/contracts/${encodeURIComponent(contract)}`;
}
