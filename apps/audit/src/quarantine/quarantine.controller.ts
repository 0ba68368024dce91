import { Controller, Get, Param, Req, Res, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { quarantinedRecord, ReadSide, type KeptRecord } from '#libs/store';
import { ApiKeyGuard } from '#libs/web';
import { DatabaseFailures } from '../http/database-failures.js';
import { AnswersList, AnswersOne, ReadsWith } from '../http/parameters-doc.js';
import { notFound, refuseProblems } from '../http/refuse-problems.js';
import { keptRecordSchema, quarantinedSchema } from '../http/schemas.js';
import { sendList, sendOne } from '../http/send-list.js';
import { Cursor } from '../query/cursor.js';
import { NO_PARAMETERS, QUARANTINE_PARAMETERS } from '../query/parameter.js';
import { Query } from '../query/query.js';

const place = z.int().min(0);

const COLUMNS = [
  'number',
  'id',
  'reason',
  'detail',
  'contract',
  'source',
  'topic',
  'partition',
  'offset',
  'appendedAt',
  'recordedAt',
  'releasedAt',
];

/** What could not be judged, and why. Lists leave out the raw bytes: they may hold anything. */
@ApiTags('quarantine')
@UseGuards(ApiKeyGuard)
@UseInterceptors(DatabaseFailures)
@Controller('v1/quarantine')
export class QuarantineController {
  constructor(private readonly reads: ReadSide) {}

  @Get()
  @ReadsWith(QUARANTINE_PARAMETERS)
  @AnswersList('What could not be judged, in the order it was recorded.', quarantinedSchema)
  async list(@Req() request: Request, @Res() response: Response): Promise<void> {
    const query = new Query(request.query, QUARANTINE_PARAMETERS);
    const cursor = new Cursor(request.path, request.query, place);
    const limit = query.limit();
    const released = query.choice('released');
    const filter = {
      contracts: query.texts('contract'),
      sources: query.texts('source'),
      reasons: query.texts('reason'),
      released: released === undefined ? undefined : released === 'true',
      recorded: query.span(),
      after: cursor.read(query),
      limit: limit + 1,
    };
    refuseProblems(query);
    const found = await this.reads.snapshot((read) => read.quarantine(filter));
    const items = found.slice(0, limit);
    const last = items.at(-1);
    sendList(request, response, {
      items: items.map(quarantinedRecord),
      next: found.length > limit && last !== undefined ? cursor.write(last.number) : null,
      columns: COLUMNS,
    });
  }

  @Get(':number')
  @ReadsWith(NO_PARAMETERS, 404)
  @ApiParam({ name: 'number', schema: { type: 'integer' } })
  @AnswersOne('One item with the record as it came.', keptRecordSchema)
  async one(@Param('number') text: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    refuseProblems(new Query(request.query, NO_PARAMETERS));
    const number = /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
    const kept = number === undefined ? undefined : await this.reads.snapshot((read) => read.quarantined(number));
    if (kept === undefined) throw notFound(`there is no quarantined item '${text}' (allowed: a number of the list)`);
    sendOne(request, response, recordOf(kept));
  }
}

function recordOf(kept: KeptRecord): object {
  const parts = [kept.key, kept.value];
  const encoding = parts.every((part) => part === null || isUtf8(part)) ? 'utf-8' : 'base64';
  const [key, value] = parts.map((part) => part?.toString(encoding === 'utf-8' ? 'utf8' : 'base64') ?? null);
  return { ...quarantinedRecord(kept), headers: JSON.parse(kept.headers) as unknown, key, value, encoding };
}

function isUtf8(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString('utf8')).equals(bytes);
}
