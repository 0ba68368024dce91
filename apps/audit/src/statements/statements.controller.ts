import { Controller, Get, Param, Req, Res, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { ApiKeyGuard } from '#libs/web';
import { DatabaseFailures } from '../http/database-failures.js';
import { AnswersList, AnswersOne, ReadsWith } from '../http/parameters-doc.js';
import { notFound, refuseProblems } from '../http/refuse-problems.js';
import { statementSchema } from '../http/schemas.js';
import { sendList, sendOne } from '../http/send-list.js';
import { JudgedContract } from '../judgements/judged-contract.js';
import type { ContractJudgement } from '../judgements/judgements.js';
import { Cursor } from '../query/cursor.js';
import { readMoment } from '../query/moment.js';
import { MOMENT_PAGE_PARAMETERS, MOMENT_PARAMETERS } from '../query/parameter.js';
import { Query } from '../query/query.js';
import { statementItem, type StatementItem } from './statement-item.js';

/** The beginning of the cycle behind which the next page begins. */
const place = z.int();

const COLUMNS = ['id', 'contract', 'cycle', 'state', 'lines', 'totals', 'net'];

/** All liability of each service cycle that has begun, reckoned from the facts. */
@ApiTags('statements')
@UseGuards(ApiKeyGuard)
@UseInterceptors(DatabaseFailures)
@Controller('v1/contracts/:contract/statements')
export class StatementsController {
  constructor(private readonly judged: JudgedContract) {}

  @Get()
  @ReadsWith(MOMENT_PAGE_PARAMETERS, 404, 422)
  @AnswersList('Statements of a contract, by cycle.', statementSchema)
  async list(@Param('contract') contract: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const query = new Query(request.query, MOMENT_PAGE_PARAMETERS);
    const moment = readMoment(query);
    const limit = query.limit();
    const cursor = new Cursor(request.path, request.query, place);
    const after = cursor.read(query) ?? -Infinity;
    refuseProblems(query);
    const judged = await this.judged.find(contract, moment);
    const found = judged.statements().filter(({ cycle }) => cycle.from > after);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    const standards = standardsOf(judged);
    sendList(request, response, {
      items: page.map((statement): StatementItem => statementItem(statement, standards)),
      next: found.length > limit && last !== undefined ? cursor.write(last.cycle.from) : null,
      columns: COLUMNS,
    });
  }

  @Get(':cycle')
  @ReadsWith(MOMENT_PARAMETERS, 404, 422)
  @AnswersOne('The statement of one cycle.', statementSchema)
  async one(
    @Param('contract') contract: string,
    @Param('cycle') cycle: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const query = new Query(request.query, MOMENT_PARAMETERS);
    const moment = readMoment(query);
    refuseProblems(query);
    const judged = await this.judged.find(contract, moment);
    const statements = judged.statements();
    const statement = statements.find((one) => one.cycle.name === cycle);
    if (statement === undefined) {
      const there = statements.map((one) => one.cycle.name).join(', ');
      throw notFound(
        `contract '${contract}' has no statement of cycle '${cycle}' (there: ${there === '' ? 'none' : there})`,
      );
    }
    sendOne(request, response, statementItem(statement, standardsOf(judged)));
  }
}

function standardsOf({ standards }: ContractJudgement): ReadonlySet<string> {
  return new Set(standards.map(({ standard }) => standard));
}
