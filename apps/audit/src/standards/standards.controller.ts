import { Controller, Get, Param, Req, Res, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { compareCodePoints, toStandardRecord, type StandardRecord, type StandardVerdict } from '#libs/evaluation';
import { ApiKeyGuard } from '#libs/web';
import { DatabaseFailures } from '../http/database-failures.js';
import { AnswersList, ReadsWith } from '../http/parameters-doc.js';
import { refuseProblems } from '../http/refuse-problems.js';
import { standardSchema } from '../http/schemas.js';
import { sendList } from '../http/send-list.js';
import { JudgedContract } from '../judgements/judged-contract.js';
import { Cursor } from '../query/cursor.js';
import { readMoment } from '../query/moment.js';
import { STANDARD_PARAMETERS } from '../query/parameter.js';
import { Query } from '../query/query.js';
import { matchesStandard, readStandardFilter } from './standard-filter.js';

/** The standard and the period behind which the next page begins. */
const place = z.strictObject({ standard: z.string(), from: z.int() });

const COLUMNS = [
  'id',
  'contract',
  'standard',
  'clause',
  'party',
  'period',
  'from',
  'to',
  'numerator',
  'denominator',
  'value',
  'target',
  'sample',
  'state',
];

/** Quality standards in each of their periods that has begun, judged from the facts. */
@ApiTags('standards')
@UseGuards(ApiKeyGuard)
@UseInterceptors(DatabaseFailures)
@Controller('v1/contracts/:contract/standards')
export class StandardsController {
  constructor(private readonly judged: JudgedContract) {}

  @Get()
  @ReadsWith(STANDARD_PARAMETERS, 404, 422)
  @AnswersList('Standards of a contract in each of their periods, by standard and period.', standardSchema)
  async list(@Param('contract') contract: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const query = new Query(request.query, STANDARD_PARAMETERS);
    const filter = readStandardFilter(query);
    const moment = readMoment(query);
    const limit = query.limit();
    const cursor = new Cursor(request.path, request.query, place);
    const after = cursor.read(query);
    refuseProblems(query);
    const { standards } = await this.judged.find(contract, moment);
    const found = standards.filter(
      (one) => matchesStandard(one, filter) && (after === undefined || isBehind(one, after)),
    );
    const page = found.slice(0, limit);
    const last = page.at(-1);
    sendList(request, response, {
      items: page.map(itemOf),
      next:
        found.length > limit && last !== undefined
          ? cursor.write({ standard: last.standard, from: last.period.from })
          : null,
      columns: COLUMNS,
    });
  }
}

function itemOf(verdict: StandardVerdict): { readonly id: string } & StandardRecord {
  return { id: `${verdict.contract}/${verdict.standard}/${verdict.period.name}`, ...toStandardRecord(verdict) };
}

function isBehind({ standard, period }: StandardVerdict, after: z.infer<typeof place>): boolean {
  return (compareCodePoints(standard, after.standard) || period.from - after.from) > 0;
}
