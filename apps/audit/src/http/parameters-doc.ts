import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiQuery, ApiResponse, type ApiQueryOptions } from '@nestjs/swagger';
import type { Parameter } from '../query/parameter.js';

const problem = {
  type: 'object',
  description: 'RFC 9457',
  required: ['type', 'title', 'status', 'detail'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    errors: {
      type: 'array',
      items: { type: 'object', properties: { field: { type: 'string' }, detail: { type: 'string' } } },
    },
  },
};

/** OpenAPI: the query parameters of a handler, the key it asks for, and its problem answers. */
export function ReadsWith(parameters: readonly Parameter[], ...problems: readonly number[]): MethodDecorator {
  return applyDecorators(
    ApiBearerAuth(),
    ...parameters.map((parameter) =>
      ApiQuery({
        name: parameter.name,
        description: parameter.description,
        required: false,
        ...(parameter.repeats
          ? { schema: { type: 'array', items: parameter.schema }, style: 'form', explode: true }
          : { schema: parameter.schema }),
      } as ApiQueryOptions),
    ),
    ...[400, 401, ...problems].map((status) =>
      ApiResponse({
        status,
        description: 'Problem details',
        content: { 'application/problem+json': { schema: problem } },
      }),
    ),
  );
}

/** OpenAPI: a list of items, in pages, as JSON or CSV. */
export function AnswersList(description: string, item: object): MethodDecorator {
  return ApiResponse({
    status: 200,
    description,
    content: {
      'application/json': {
        schema: {
          type: 'object',
          required: ['items', 'next'],
          properties: {
            items: { type: 'array', items: item },
            next: { type: 'string', nullable: true, description: 'Cursor of the next page; null on the last one.' },
          },
        },
      },
      'text/csv': { schema: { type: 'string' } },
    },
  });
}

/** OpenAPI: one thing, as JSON; also as files of other kinds where these are named. */
export function AnswersOne(description: string, schema: object, files: readonly string[] = []): MethodDecorator {
  const others = files.map((type) => [type, { schema: { type: 'string', format: 'binary' } }] as const);
  return ApiResponse({
    status: 200,
    description,
    content: { 'application/json': { schema }, ...Object.fromEntries(others) },
  });
}
