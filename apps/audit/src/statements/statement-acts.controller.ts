import { Controller, HttpCode, Param, Post, Req, Res, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { Contract, JsonObject } from '#libs/contract';
import { followsFromOthers } from '#libs/liability';
import { ApiKeyGuard, CurrentCaller, ProblemException, type WebCaller } from '#libs/web';
import { DatabaseFailures } from '../http/database-failures.js';
import { notFound } from '../http/refuse-problems.js';
import { actingSide, idempotencyKey, ifMatchOf, readAct, type Side } from './act-requests.js';
import { DescribesAct } from './describe-acts.js';
import { PersonFacts, type AppendedFact } from './person-facts.js';
import { StatedCycles, madeFrom, type StatedCycle } from './stated-cycles.js';
import type { ActBody, ActKind } from './statement-act.js';
import { statementItem } from './statement-item.js';
import { namesStatement, statementTag } from './statement-tag.js';

interface Place {
  readonly contract: string;
  readonly cycle: string;
}

type Types = NonNullable<Contract['money']['statementEvents']>;

/** An act as a fact: its type by the part it plays, and its data. */
interface ActFact {
  readonly part: keyof Types;
  readonly data: JsonObject;
}

/**
 * Disputes, their decisions and signatures: facts on the contract's stream, entered by a person of the side they bind. Whoever
 * acts says which state of the statement they have seen.
 */
@ApiTags('statements')
@UseGuards(ApiKeyGuard)
@UseInterceptors(DatabaseFailures)
@Controller('v1/contracts/:contract/statements/:cycle')
export class StatementActsController {
  constructor(
    private readonly stated: StatedCycles,
    private readonly facts: PersonFacts,
  ) {}

  @Post('disputes')
  @HttpCode(202)
  @DescribesAct('dispute', 'Disputes a line of a frozen statement. The id of the answer names the dispute.')
  dispute(
    @Param() place: Place,
    @CurrentCaller() caller: WebCaller,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AppendedFact> {
    return this.act('dispute', ['client', 'provider'], { place, caller, request, response }, ({ statement }, body) => {
      const { line, reason } = body;
      const found = statement.lines.find(({ id }, index) =>
        typeof line === 'number' ? index + 1 === line : id === line,
      );
      if (found === undefined) {
        throw refused(
          'line',
          `'${line}' is no line of the statement (allowed: the id of a line, or 1 to ${statement.lines.length})`,
        );
      }
      if (followsFromOthers(found)) {
        throw refused('line', `'${found.id}' (${found.remedy}) follows from other lines: dispute these`);
      }
      return {
        part: 'disputed',
        data: { cycle: place.cycle, line: found.id, ...(reason === undefined ? {} : { reason }) },
      };
    });
  }

  @Post('disputes/:dispute/decision')
  @HttpCode(202)
  @DescribesAct('decision', 'Decides a dispute: the other party, or the arbiter. Nobody decides their own.')
  decide(
    @Param() place: Place & { readonly dispute: string },
    @CurrentCaller() caller: WebCaller,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AppendedFact> {
    const sides = ['client', 'provider', 'arbiter'] as const;
    return this.act('decision', sides, { place, caller, request, response }, ({ statement }, body, side) => {
      const dispute = statement.disputes.find(({ id }) => id === place.dispute);
      if (dispute === undefined) {
        throw notFound(`statement '${statement.id}' has no dispute '${place.dispute}'`);
      }
      if (dispute.by === side) {
        throw new ProblemException(
          'not-allowed',
          `dispute '${dispute.id}' is the ${side}'s own: the other party or the arbiter decides it`,
        );
      }
      if (dispute.state !== 'open') {
        throw new ProblemException('conflict', `dispute '${dispute.id}' is ${dispute.state} (allowed: open)`);
      }
      const { outcome, amount } = body;
      return { part: 'decided', data: { dispute: dispute.id, outcome, ...(amount === undefined ? {} : { amount }) } };
    });
  }

  @Post('signatures')
  @HttpCode(202)
  @DescribesAct('signature', 'Signs the last revision of a frozen statement for the side of the key.')
  sign(
    @Param() place: Place,
    @CurrentCaller() caller: WebCaller,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AppendedFact> {
    return this.act(
      'signature',
      ['client', 'provider'],
      { place, caller, request, response },
      ({ statement }, _, side) => {
        const { revision } = statement;
        if (revision === undefined) {
          throw new ProblemException(
            'conflict',
            `statement '${statement.id}' has no recorded revision yet that could be signed`,
          );
        }
        if (statement.signatures.some((one) => one.party === side && one.counts)) {
          throw new ProblemException('conflict', `the ${side} has signed statement '${statement.id}' as it stands`);
        }
        return { part: 'signed', data: { cycle: place.cycle, revision } };
      },
    );
  }

  /** The way of every act: who, again or new, about what was seen, and only then what it says. */
  private async act<K extends ActKind>(
    kind: K,
    sides: readonly Side[],
    asked: {
      readonly place: Place & { readonly dispute?: string };
      readonly caller: WebCaller;
      readonly request: Request;
      readonly response: Response;
    },
    toFact: (stated: StatedCycle, body: ActBody<K>, side: Side) => ActFact,
  ): Promise<AppendedFact> {
    const { place, caller, request, response } = asked;
    const key = idempotencyKey(request);
    const body = await readAct(kind, request, response);
    const side = actingSide(caller, body.party, sides);
    const { contract, cycle } = place;
    const name = {
      contract,
      side,
      key,
      asked: { kind, cycle, dispute: place.dispute ?? null, body: { ...body } } as JsonObject,
    };
    // A repeat finds the statement moved by its first time: what it saw matters no more.
    const repeated = await this.facts.repeat(name);
    if (repeated !== undefined) return repeated;
    const seen = ifMatchOf(request);
    const stated = await this.stated.one(contract, cycle, { asOf: undefined, knownAt: undefined });
    if (!namesStatement(seen, statementTag(statementItem(stated)))) {
      throw new ProblemException(
        'precondition-failed',
        `statement '${stated.statement.id}' has changed: read it again`,
      );
    }
    const { state } = stated.statement;
    if (state !== 'frozen') {
      throw new ProblemException('conflict', `statement '${stated.statement.id}' is ${state} (allowed: frozen)`);
    }
    const fact = toFact(stated, body, side);
    const law = madeFrom(stated).versions.at(-1)!;
    const types = law.money.statementEvents;
    if (types === null) {
      throw new ProblemException(
        'refused',
        `contract '${contract}' names no events for disputes and signatures (statements)`,
      );
    }
    return this.facts.enter(name, law, caller, { type: types[fact.part], subject: cycle, data: fact.data });
  }
}

function refused(field: string, detail: string): ProblemException {
  return new ProblemException('refused', `${field}: ${detail}`, [{ field, detail }]);
}
