import { Controller, Get, Param, Req, Res, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { toRightRecord } from '#libs/liability';
import { ApiKeyGuard } from '#libs/web';
import { DatabaseFailures } from '../http/database-failures.js';
import { AnswersList, ReadsWith } from '../http/parameters-doc.js';
import { refuseProblems } from '../http/refuse-problems.js';
import { rightSchema } from '../http/schemas.js';
import { sendList } from '../http/send-list.js';
import { JudgedContract } from '../judgements/judged-contract.js';
import { Cursor } from '../query/cursor.js';
import { readMoment } from '../query/moment.js';
import { MOMENT_PAGE_PARAMETERS } from '../query/parameter.js';
import { Query } from '../query/query.js';

const place = z.int().min(0);

const COLUMNS = ['contract', 'party', 'right', 'clause', 'about', 'since', 'expiredAt'];

/** What a party may do since a breach, found from the facts. */
@ApiTags('rights')
@UseGuards(ApiKeyGuard)
@UseInterceptors(DatabaseFailures)
@Controller('v1/contracts/:contract/rights')
export class RightsController {
  constructor(private readonly judged: JudgedContract) {}

  @Get()
  @ReadsWith(MOMENT_PAGE_PARAMETERS, 404, 422)
  @AnswersList('Rights that breaches have raised, by the instant since when they exist.', rightSchema)
  async list(@Param('contract') contract: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const query = new Query(request.query, MOMENT_PAGE_PARAMETERS);
    const moment = readMoment(query);
    const cursor = new Cursor(request.path, request.query, place);
    const from = cursor.read(query) ?? 0;
    const to = from + query.limit();
    refuseProblems(query);
    const rights = (await this.judged.find(contract, moment)).rights();
    sendList(request, response, {
      items: rights.slice(from, to).map(toRightRecord),
      next: to < rights.length ? cursor.write(to) : null,
      columns: COLUMNS,
    });
  }
}
