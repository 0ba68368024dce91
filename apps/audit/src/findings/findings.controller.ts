import { Controller, Get, Param, Req, Res, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { toFindingRecord } from '#libs/evaluation';
import { ApiKeyGuard } from '#libs/web';
import { DatabaseFailures } from '../http/database-failures.js';
import { AnswersList, ReadsWith } from '../http/parameters-doc.js';
import { refuseProblems } from '../http/refuse-problems.js';
import { findingSchema } from '../http/schemas.js';
import { sendList } from '../http/send-list.js';
import { JudgedContract } from '../judgements/judged-contract.js';
import { Cursor } from '../query/cursor.js';
import { readMoment } from '../query/moment.js';
import { MOMENT_PAGE_PARAMETERS } from '../query/parameter.js';
import { Query } from '../query/query.js';

const place = z.int().min(0);

const COLUMNS = ['contract', 'finding', 'source', 'id', 'type', 'at', 'about'];

/** Facts that were accepted and do not act, with the reason. */
@ApiTags('findings')
@UseGuards(ApiKeyGuard)
@UseInterceptors(DatabaseFailures)
@Controller('v1/contracts/:contract/findings')
export class FindingsController {
  constructor(private readonly judged: JudgedContract) {}

  @Get()
  @ReadsWith(MOMENT_PAGE_PARAMETERS, 404, 422)
  @AnswersList(
    'Facts that do not act: by whoever may not decide, outside their case, or late and not accepted.',
    findingSchema,
  )
  async list(@Param('contract') contract: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const query = new Query(request.query, MOMENT_PAGE_PARAMETERS);
    const moment = readMoment(query);
    const cursor = new Cursor(request.path, request.query, place);
    const from = cursor.read(query) ?? 0;
    const to = from + query.limit();
    refuseProblems(query);
    const { findings } = await this.judged.find(contract, moment);
    sendList(request, response, {
      items: findings.slice(from, to).map((finding) => toFindingRecord(contract, finding)),
      next: to < findings.length ? cursor.write(to) : null,
      columns: COLUMNS,
    });
  }
}
