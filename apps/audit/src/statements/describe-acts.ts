import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';
import { ACT_BODIES, type ActKind } from './statement-act.js';

const PROBLEMS = {
  400: 'No idempotency key, or no JSON',
  401: 'No listed key',
  403: 'Not the side of the key, or not its duty; or the own dispute',
  404: 'No such contract, statement or dispute',
  409: 'The statement or the dispute is not in a state for this',
  412: 'The statement is no longer what the caller saw',
  415: 'Another content type',
  422: 'A field is not allowed, or the idempotency key was used for something else',
  428: 'If-Match is missing',
  503: 'The log or the database does not answer; send it again with the same key',
};

const problem = { 'application/problem+json': { schema: { type: 'object', description: 'RFC 9457' } } };

/** OpenAPI of an act about a statement. */
export function DescribesAct(kind: ActKind, summary: string): MethodDecorator {
  const { $schema: _, ...schema } = z.toJSONSchema(ACT_BODIES[kind], { io: 'input' });
  return applyDecorators(
    ApiBearerAuth(),
    ApiOperation({ summary }),
    ApiHeader({
      name: 'Idempotency-Key',
      required: true,
      description: 'New for each act; the id of its event. A repeat with the same key is the same fact.',
    }),
    ApiHeader({
      name: 'If-Match',
      required: true,
      description: 'An ETag of the statement, of whichever representation.',
    }),
    ApiBody({ schema: schema as Record<string, unknown> }),
    ApiResponse({
      status: 202,
      description: 'Durably appended as a fact; also where it was before. What it does is seen once it is judged.',
      content: {
        'application/json': {
          schema: {
            type: 'object',
            properties: {
              accepted: { type: 'integer' },
              id: { type: 'string' },
              source: { type: 'string' },
              type: { type: 'string' },
            },
          },
        },
      },
    }),
    ...Object.entries(PROBLEMS).map(([status, description]) =>
      ApiResponse({ status: Number(status), description, content: problem }),
    ),
  );
}
