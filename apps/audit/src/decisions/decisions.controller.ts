import { Controller, Get, Param, Req, Res, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { ReadSide } from '#libs/store';
import { ApiKeyGuard } from '#libs/web';
import { ContractPages } from '../contracts/contract-pages.js';
import { DatabaseFailures } from '../http/database-failures.js';
import { AnswersList, ReadsWith } from '../http/parameters-doc.js';
import { refuseProblems } from '../http/refuse-problems.js';
import { decisionSchema } from '../http/schemas.js';
import { sendList } from '../http/send-list.js';
import { Cursor, placeText } from '../query/cursor.js';
import { DECISION_PARAMETERS, DECISION_PARAMETERS_OF_CONTRACT } from '../query/parameter.js';
import { Query } from '../query/query.js';
import { DECISION_COLUMNS, decisionItem } from './decision-item.js';

const place = z.strictObject({ contract: placeText, number: z.int().min(0) });

/** What was decided and when: every change of a verdict, in the order of its numbers. */
@ApiTags('decisions')
@UseGuards(ApiKeyGuard)
@UseInterceptors(DatabaseFailures)
@Controller('v1')
export class DecisionsController {
  constructor(
    private readonly reads: ReadSide,
    private readonly contracts: ContractPages,
  ) {}

  @Get('decisions')
  @ReadsWith(DECISION_PARAMETERS)
  @AnswersList('Decisions by contract and number.', decisionSchema)
  list(@Req() request: Request, @Res() response: Response): Promise<void> {
    return this.send(request, response, undefined);
  }

  @Get('contracts/:contract/decisions')
  @ReadsWith(DECISION_PARAMETERS_OF_CONTRACT, 404)
  @AnswersList('Decisions of a contract by number.', decisionSchema)
  listOfContract(
    @Param('contract') contract: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    return this.send(request, response, contract);
  }

  private async send(request: Request, response: Response, contract: string | undefined): Promise<void> {
    const query = new Query(
      request.query,
      contract === undefined ? DECISION_PARAMETERS : DECISION_PARAMETERS_OF_CONTRACT,
    );
    const cursor = new Cursor(request.path, request.query, place);
    const limit = query.limit();
    const filter = {
      contracts: contract === undefined ? query.texts('contract') : [contract],
      types: query.texts('type'),
      obligations: query.texts('obligation'),
      clauses: query.texts('clause'),
      parties: query.choices('party'),
      states: query.choices('state'),
      subjects: query.texts('subject'),
      decided: query.span(),
      after: cursor.read(query),
      limit: limit + 1,
    };
    refuseProblems(query);
    if (contract !== undefined) await this.contracts.mustExist(contract);
    const found = await this.reads.snapshot((read) => read.decisions(filter));
    const decisions = found.slice(0, limit);
    const last = decisions.at(-1);
    sendList(request, response, {
      items: decisions.map(decisionItem),
      next:
        found.length > limit && last !== undefined
          ? cursor.write({ contract: last.contract, number: last.number })
          : null,
      columns: DECISION_COLUMNS,
    });
  }
}
