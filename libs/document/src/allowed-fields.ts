import type { ZodType, core } from 'zod';

/** The parts of a zod definition that lead to fields; which are present depends on its `type`. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, ZodType>>;
  readonly element?: ZodType;
  readonly valueType?: ZodType;
  readonly innerType?: ZodType;
  readonly in?: ZodType;
  readonly items?: readonly ZodType[];
  readonly options?: readonly ZodType[];
  readonly left?: ZodType;
  readonly right?: ZodType;
  readonly getter?: () => ZodType;
}

/** Names of the fields that a schema allows at a path, in the order of the schema; empty where it allows any or none. */
export function allowedFields(schema: ZodType, path: readonly (string | number)[]): string[] {
  const here = path.reduce<ZodType[]>((schemas, step) => schemas.flatMap((inner) => below(inner, step)), [schema]);
  return [...new Set(here.flatMap(unwrap).flatMap((inner) => Object.keys(definition(inner).shape ?? {})))];
}

function definition(schema: ZodType): Definition {
  return (schema as unknown as { readonly _zod: { readonly def: core.$ZodTypeDef } })._zod.def as Definition;
}

/** The schemas behind optional, default, union and the like. */
function unwrap(schema: ZodType): ZodType[] {
  const { type, innerType, options, left, right, getter, in: input } = definition(schema);
  if (type === 'lazy' && getter !== undefined) return unwrap(getter());
  const inner = [innerType, input, left, right, ...(options ?? [])].filter((one) => one !== undefined);
  return inner.length === 0 ? [schema] : inner.flatMap(unwrap);
}

function below(schema: ZodType, step: string | number): ZodType[] {
  return unwrap(schema).flatMap((inner) => {
    const { shape, element, valueType, items } = definition(inner);
    const next = shape?.[step] ?? items?.[Number(step)] ?? element ?? valueType;
    return next === undefined ? [] : [next];
  });
}
