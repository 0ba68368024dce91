import { Controller, Get, Param, Req, Res, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { ApiKeyGuard } from '#libs/web';
import { ContractPages } from '../contracts/contract-pages.js';
import { DatabaseFailures } from '../http/database-failures.js';
import { AnswersList, ReadsWith } from '../http/parameters-doc.js';
import { refuseProblems } from '../http/refuse-problems.js';
import { timelineSchema } from '../http/schemas.js';
import { sendList } from '../http/send-list.js';
import { Cursor } from '../query/cursor.js';
import { readMoment } from '../query/moment.js';
import { MOMENT_PAGE_PARAMETERS } from '../query/parameter.js';
import { Query } from '../query/query.js';
import { SubjectTimelines, TIMELINE_COLUMNS } from './subject-timeline.js';

const place = z.int().min(0);

@ApiTags('subjects')
@UseGuards(ApiKeyGuard)
@UseInterceptors(DatabaseFailures)
@Controller('v1/contracts/:contract/subjects')
export class TimelineController {
  constructor(
    private readonly timelines: SubjectTimelines,
    private readonly contracts: ContractPages,
  ) {}

  @Get(':id/timeline')
  @ReadsWith(MOMENT_PAGE_PARAMETERS, 404, 422)
  @AnswersList('Facts and decisions about a subject, in order of the instants they became true.', timelineSchema)
  async timeline(
    @Param('contract') contract: string,
    @Param('id') subject: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const query = new Query(request.query, MOMENT_PAGE_PARAMETERS);
    const cursor = new Cursor(request.path, request.query, place);
    const from = cursor.read(query) ?? 0;
    const to = from + query.limit();
    const moment = readMoment(query);
    refuseProblems(query);
    await this.contracts.mustExist(contract);
    const entries = await this.timelines.find(contract, subject, moment);
    sendList(request, response, {
      items: entries.slice(from, to),
      next: to < entries.length ? cursor.write(to) : null,
      columns: TIMELINE_COLUMNS,
    });
  }
}
