import { parser } from '@prometheus-io/lezer-promql';

type Tree = ReturnType<typeof parser.parse>;
type SyntaxNode = Tree['topNode'];

/** @throws with the place, where the text is no PromQL */
export function parsePromql(text: string): Tree {
  const tree = parser.parse(text);
  tree.iterate({
    enter: ({ type, from, to }) => {
      if (type.isError)
        throw new Error(`no PromQL at ${from}: ${text.slice(0, from)}⟨${text.slice(from, to)}⟩${text.slice(to)}`);
    },
  });
  return tree;
}

/** Names of the metrics that an expression asks for. */
export function metricsIn(text: string): string[] {
  const names = new Set<string>();
  parsePromql(text).iterate({
    enter: ({ node, name }) => {
      if (name !== 'VectorSelector') return;
      const identifier = node.getChild('Identifier');
      if (identifier !== null) names.add(text.slice(identifier.from, identifier.to));
    },
  });
  return [...names];
}

const COMPARISONS = ['Eql', 'Neq', 'Lss', 'Lte', 'Gtr', 'Gte'];

/** The expression of an alert without the comparisons that make it fire: `a > 5 and b > 0` gives `a and b`. */
export function withoutThresholds(text: string): string {
  const cuts: { readonly from: number; readonly to: number }[] = [];
  const look = (node: SyntaxNode): void => {
    const left = node.firstChild;
    const right = node.lastChild;
    const compares = node.name === 'BinaryExpr' && COMPARISONS.some((name) => node.getChild(name) !== null);
    if (compares && left !== null && right !== null) {
      cuts.push({ from: left.to, to: right.to });
      look(left);
      return;
    }
    for (let child = node.firstChild; child !== null; child = child.nextSibling) look(child);
  };
  look(parsePromql(text).topNode);
  return cuts.reduceRight((rest, { from, to }) => rest.slice(0, from) + rest.slice(to), text);
}
