import { Controller, Get, Param, Req, Res, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ApiKeyGuard } from '#libs/web';
import { ContractPages } from '../contracts/contract-pages.js';
import { DatabaseFailures } from '../http/database-failures.js';
import { AnswersList, AnswersOne, ReadsWith } from '../http/parameters-doc.js';
import { notFound, refuseProblems } from '../http/refuse-problems.js';
import { explainedSchema, verdictSchema } from '../http/schemas.js';
import { sendList, sendOne } from '../http/send-list.js';
import { Cursor } from '../query/cursor.js';
import { readMoment } from '../query/moment.js';
import { MOMENT_PARAMETERS, VERDICT_PARAMETERS, VERDICT_PARAMETERS_OF_CONTRACT } from '../query/parameter.js';
import { Query } from '../query/query.js';
import { ExplainedVerdicts } from './explained-verdict.js';
import { itemOf, readVerdictId } from './verdict-item.js';
import { VerdictLists, verdictPlace } from './verdict-lists.js';
import { readVerdictQuestion } from './verdict-question.js';

const COLUMNS = [
  'id',
  'contract',
  'obligation',
  'clause',
  'party',
  'subject',
  'instance',
  'state',
  'startedAt',
  'dueAt',
  'stoppedAt',
  'elapsed',
  'allowed',
  'overdueBy',
  'revision',
  'dimensions',
];

const ID = { name: 'id', description: 'contract/obligation/subject/instance, percent-encoded or as a path' };

/** Verdicts, and the breaches among them. */
@ApiTags('verdicts')
@UseGuards(ApiKeyGuard)
@UseInterceptors(DatabaseFailures)
@Controller('v1')
export class VerdictsController {
  constructor(
    private readonly lists: VerdictLists,
    private readonly explained: ExplainedVerdicts,
    private readonly contracts: ContractPages,
  ) {}

  @Get('verdicts')
  @ReadsWith(VERDICT_PARAMETERS, 422)
  @AnswersList('Verdicts of all contracts.', verdictSchema)
  verdicts(@Req() request: Request, @Res() response: Response): Promise<void> {
    return this.sendVerdicts(request, response, 'verdicts');
  }

  @Get('breaches')
  @ReadsWith(VERDICT_PARAMETERS, 422)
  @AnswersList('Breaches of all contracts.', verdictSchema)
  breaches(@Req() request: Request, @Res() response: Response): Promise<void> {
    return this.sendVerdicts(request, response, 'breaches');
  }

  @Get('verdicts/*id')
  @ApiParam(ID)
  @ReadsWith(MOMENT_PARAMETERS, 404, 422)
  @AnswersOne('A verdict, explained in Chinese and English, with its decisions.', explainedSchema)
  verdict(@Param('id') id: string | string[], @Req() request: Request, @Res() response: Response): Promise<void> {
    return this.sendVerdict(id, request, response, 'verdicts');
  }

  @Get('breaches/*id')
  @ApiParam(ID)
  @ReadsWith(MOMENT_PARAMETERS, 404, 422)
  @AnswersOne('A breach, explained in Chinese and English, with its decisions.', explainedSchema)
  breach(@Param('id') id: string | string[], @Req() request: Request, @Res() response: Response): Promise<void> {
    return this.sendVerdict(id, request, response, 'breaches');
  }

  @Get('contracts/:contract/verdicts')
  @ReadsWith(VERDICT_PARAMETERS_OF_CONTRACT, 404, 422)
  @AnswersList('Verdicts of a contract.', verdictSchema)
  verdictsOf(@Param('contract') contract: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    return this.sendVerdicts(request, response, 'verdicts', contract);
  }

  @Get('contracts/:contract/breaches')
  @ReadsWith(VERDICT_PARAMETERS_OF_CONTRACT, 404, 422)
  @AnswersList('Breaches of a contract.', verdictSchema)
  breachesOf(@Param('contract') contract: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    return this.sendVerdicts(request, response, 'breaches', contract);
  }

  private async sendVerdicts(
    request: Request,
    response: Response,
    only: 'verdicts' | 'breaches',
    contract?: string,
  ): Promise<void> {
    const parameters = contract === undefined ? VERDICT_PARAMETERS : VERDICT_PARAMETERS_OF_CONTRACT;
    const query = new Query(request.query, parameters);
    const question = readVerdictQuestion(query, contract, only);
    const cursor = new Cursor(request.path, request.query, verdictPlace);
    const after = cursor.read(query);
    refuseProblems(query);
    if (contract !== undefined) await this.contracts.mustExist(contract);
    const { judged, next } = await this.lists.list(question, after);
    sendList(request, response, {
      items: judged.map(itemOf),
      next: next === undefined ? null : cursor.write(next),
      columns: COLUMNS,
    });
  }

  private async sendVerdict(
    given: string | string[],
    request: Request,
    response: Response,
    only: 'verdicts' | 'breaches',
  ): Promise<void> {
    const query = new Query(request.query, MOMENT_PARAMETERS);
    const moment = readMoment(query);
    refuseProblems(query);
    const text = Array.isArray(given) ? given.join('/') : given;
    const id = readVerdictId(text);
    if (id === undefined) {
      throw notFound(`'${text}' is no id of a verdict (allowed: contract/obligation/subject/instance)`);
    }
    sendOne(request, response, await this.explained.find(id, only, moment));
  }
}
