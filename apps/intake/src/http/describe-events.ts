import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';

const text = { type: 'string' };

const event = {
  type: 'object',
  description: 'CloudEvents 1.0, JSON format',
  required: ['specversion', 'id', 'source', 'type', 'time'],
  properties: {
    specversion: { type: 'string', enum: ['1.0'] },
    id: { type: 'string', description: 'Unique per source within a contract.' },
    source: { type: 'string', format: 'uri-reference' },
    type: text,
    subject: { type: 'string', description: 'The case, request or period it is about.' },
    time: { type: 'string', format: 'date-time', description: 'When it happened.' },
    contractid: { type: 'string', description: 'May be missing where the source has a default contract.' },
    data: { type: 'object', description: 'As the contract declares it for the type.' },
  },
};

const problem = {
  type: 'object',
  description: 'RFC 9457',
  required: ['type', 'title', 'status', 'detail'],
  properties: {
    type: text,
    title: text,
    status: { type: 'integer' },
    detail: text,
    errors: {
      type: 'array',
      items: { type: 'object', required: ['field', 'detail'], properties: { field: text, detail: text, reason: text } },
    },
  },
};

const PROBLEMS = {
  400: 'Not CloudEvents 1.0',
  401: 'No listed key',
  403: 'Not a source of the caller',
  413: 'Too large',
  415: 'Another content type',
  422: 'The contract refuses it',
  429: 'Too much at once; try again',
  503: 'The log or the database does not answer; nothing is known to be stored, try again',
};

/** OpenAPI of the door for events. */
export function DescribesEvents(): MethodDecorator {
  return applyDecorators(
    ApiTags('events'),
    ApiBearerAuth(),
    ApiOperation({
      summary: 'Takes in events by the CloudEvents HTTP protocol binding',
      description:
        'One in binary mode (`ce-` headers) or structured mode, or a batch, of which all are stored or none.',
    }),
    ApiConsumes('application/cloudevents+json', 'application/cloudevents-batch+json', 'application/json'),
    ApiBody({ schema: { oneOf: [event, { type: 'array', items: event }] } }),
    ApiResponse({
      status: 202,
      description: 'Durably appended; also where they were before',
      content: { 'application/json': { schema: { type: 'object', properties: { accepted: { type: 'integer' } } } } },
    }),
    ...Object.entries(PROBLEMS).map(([status, description]) =>
      ApiResponse({
        status: Number(status),
        description,
        content: { 'application/problem+json': { schema: problem } },
      }),
    ),
  );
}
