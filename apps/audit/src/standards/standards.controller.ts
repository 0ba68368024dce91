import { Controller, Get, Param, Req, Res, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import {
  compareCodePoints,
  standardId,
  toStandardRecord,
  type StandardRecord,
  type StandardVerdict,
} from '#libs/evaluation';
import { ReadSide, type StandardPeriodRow } from '#libs/store';
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
  'revision',
];

/** Quality standards in each of their periods that has begun, judged from the facts. */
@ApiTags('standards')
@UseGuards(ApiKeyGuard)
@UseInterceptors(DatabaseFailures)
@Controller('v1/contracts/:contract/standards')
export class StandardsController {
  constructor(
    private readonly judged: JudgedContract,
    private readonly reads: ReadSide,
  ) {}

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
    const recorded =
      moment.asOf === undefined && moment.knownAt === undefined ? await this.recorded(contract) : undefined;
    const last = page.at(-1);
    sendList(request, response, {
      items: page.map((one) => itemOf(one, recorded?.get(`${one.standard}/${one.period.name}`))),
      next:
        found.length > limit && last !== undefined
          ? cursor.write({ standard: last.standard, from: last.period.from })
          : null,
      columns: COLUMNS,
    });
  }

  /** By `standard/period`. */
  private async recorded(contract: string): Promise<ReadonlyMap<string, StandardPeriodRow>> {
    const rows = await this.reads.snapshot((read) => read.standardPeriods(contract));
    return new Map(rows.map((row) => [`${row.standard}/${row.period}`, row]));
  }
}

type StandardItem = { readonly id: string } & StandardRecord & { readonly revision?: number };

/** With the revision of what was recorded at or after the close, where that says the same. */
function itemOf(verdict: StandardVerdict, recorded: StandardPeriodRow | undefined): StandardItem {
  const record = toStandardRecord(verdict);
  const item = { id: standardId(record), ...record };
  const isRecorded =
    recorded?.state === record.state &&
    recorded.numerator === record.numerator &&
    recorded.denominator === record.denominator;
  return isRecorded ? { ...item, revision: recorded.revision } : item;
}

function isBehind({ standard, period }: StandardVerdict, after: z.infer<typeof place>): boolean {
  return (compareCodePoints(standard, after.standard) || period.from - after.from) > 0;
}
