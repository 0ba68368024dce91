import { Controller, Get, Param, Req, Res, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { ApiKeyGuard, ProblemException } from '#libs/web';
import { DatabaseFailures } from '../http/database-failures.js';
import { AnswersList, AnswersOne, ReadsWith } from '../http/parameters-doc.js';
import { refuseProblems } from '../http/refuse-problems.js';
import { statementSchema } from '../http/schemas.js';
import { sendList, sendTagged } from '../http/send-list.js';
import { Cursor } from '../query/cursor.js';
import { readMoment } from '../query/moment.js';
import { MOMENT_PAGE_PARAMETERS, STATEMENT_PARAMETERS } from '../query/parameter.js';
import { Query } from '../query/query.js';
import { readPrintWishes, type PrintWishes } from './print-wishes.js';
import { StatedCycles, type StatedCycle } from './stated-cycles.js';
import { statementItem } from './statement-item.js';
import { PRINTS, StatementPrints, type Print } from './statement-prints.js';
import { entityTag, statementTag } from './statement-tag.js';

/** The beginning of the cycle behind which the next page begins. */
const place = z.int();

const COLUMNS = ['id', 'contract', 'cycle', 'state', 'lines', 'totals', 'net'];

const FORMATS = ['json', 'pdf', 'xlsx', 'csv'] as const;

/** All liability of each service cycle that has begun. */
@ApiTags('statements')
@UseGuards(ApiKeyGuard)
@UseInterceptors(DatabaseFailures)
@Controller('v1/contracts/:contract/statements')
export class StatementsController {
  constructor(
    private readonly stated: StatedCycles,
    private readonly prints: StatementPrints,
  ) {}

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
    const found = (await this.stated.all(contract, moment)).filter(({ cycle }) => cycle.from > after);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    sendList(request, response, {
      items: page.map(statementItem),
      next: found.length > limit && last !== undefined ? cursor.write(last.cycle.from) : null,
      columns: COLUMNS,
    });
  }

  @Get(':cycle')
  @ReadsWith(STATEMENT_PARAMETERS, 404, 406, 422)
  @AnswersOne('The statement of one cycle.', statementSchema, Object.values(PRINTS))
  async one(
    @Param('contract') contract: string,
    @Param('cycle') cycle: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const query = new Query(request.query, STATEMENT_PARAMETERS);
    const moment = readMoment(query);
    const wishes = readPrintWishes(query, request);
    refuseProblems(query);
    const format = formatOf(request);
    const stated = await this.stated.one(contract, cycle, moment);
    const item = statementItem(stated);
    const tag = statementTag(item);
    if (format === 'json') {
      const body = JSON.stringify(item);
      sendTagged(request, response, {
        type: 'application/json; charset=utf-8',
        body,
        etag: entityTag(tag, format),
      });
    } else await this.sendPrint(format, tag, stated, wishes, request, response);
  }

  private async sendPrint(
    print: Print,
    statement: string,
    stated: StatedCycle,
    wishes: PrintWishes,
    request: Request,
    response: Response,
  ): Promise<void> {
    const { body, tag } = await this.prints.print(print, stated, wishes);
    const name = stated.statement.id.replace(/[^A-Za-z0-9._-]+/g, '-');
    response.vary('Accept-Language').set('content-disposition', `inline; filename="${name}.${print}"`);
    sendTagged(request, response, { type: PRINTS[print], body, etag: entityTag(statement, tag) });
  }
}

function formatOf(request: Request): 'json' | Print {
  const accepted = request.accepts([...FORMATS]);
  const found = FORMATS.find((one) => one === accepted);
  if (found !== undefined) return found;
  const allowed = ['application/json', ...Object.values(PRINTS).map((type) => type.split(';')[0])].join(', ');
  throw new ProblemException('not-acceptable', `Accept: '${request.get('accept') ?? ''}' (allowed: ${allowed})`);
}
