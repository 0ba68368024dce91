import { Controller, Get, Param, Req, Res, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { ApiKeyGuard } from '#libs/web';
import { DatabaseFailures } from '../http/database-failures.js';
import { AnswersList, AnswersOne, ReadsWith } from '../http/parameters-doc.js';
import { refuseProblems } from '../http/refuse-problems.js';
import { contractDetailSchema, contractSchema } from '../http/schemas.js';
import { sendList, sendOne } from '../http/send-list.js';
import { Cursor } from '../query/cursor.js';
import { NO_PARAMETERS, PAGE_PARAMETERS } from '../query/parameter.js';
import { Query } from '../query/query.js';
import { CONTRACT_COLUMNS, ContractPages } from './contract-pages.js';

const place = z.int().min(0);

@ApiTags('contracts')
@UseGuards(ApiKeyGuard)
@UseInterceptors(DatabaseFailures)
@Controller('v1/contracts')
export class ContractsController {
  constructor(private readonly pages: ContractPages) {}

  @Get()
  @ReadsWith(PAGE_PARAMETERS)
  @AnswersList('Published contracts, each in the version in force at its clock.', contractSchema)
  async list(@Req() request: Request, @Res() response: Response): Promise<void> {
    const query = new Query(request.query, PAGE_PARAMETERS);
    const cursor = new Cursor(request.path, request.query, place);
    const from = cursor.read(query) ?? 0;
    const to = from + query.limit();
    refuseProblems(query);
    const all = await this.pages.list();
    sendList(request, response, {
      items: all.slice(from, to),
      next: to < all.length ? cursor.write(to) : null,
      columns: CONTRACT_COLUMNS,
    });
  }

  @Get(':contract')
  @ReadsWith(NO_PARAMETERS, 404)
  @AnswersOne('A contract with its versions, obligations and sources.', contractDetailSchema)
  async one(@Param('contract') contract: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    refuseProblems(new Query(request.query, NO_PARAMETERS));
    sendOne(request, response, await this.pages.find(contract));
  }
}
