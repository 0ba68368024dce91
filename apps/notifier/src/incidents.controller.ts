import { Controller, Get, HttpCode, Param, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { formatInstant, parseInstant } from '#libs/calendar';
import { Incidents, type IncidentRow } from '#libs/store';
import { ApiKeyGuard, CurrentCaller, ProblemException, readBody, type WebCaller } from '#libs/web';
import { Acts, type Actor } from './acts.js';
import { ALERT_KINDS } from './alert.js';
import { isWaiting } from './incident.js';
import { readIncidentQuery } from './incident-query.js';

const BODY_BYTES = 64 * 1024;
const MAX_SILENCE_MILLIS = 92 * 24 * 60 * 60 * 1000;

const acknowledgement = z.strictObject({ note: z.string().min(1).max(500).nullable().default(null) });

const names = z.array(z.string().min(1).max(512)).min(1).max(100).optional();
const silence = z.strictObject({
  contract: z.string().min(1),
  match: z
    .strictObject({
      incidents: names,
      obligations: names,
      clauses: names,
      subjects: names,
      parties: z
        .array(z.enum(['client', 'provider']))
        .min(1)
        .optional(),
      kinds: z.array(z.enum(ALERT_KINDS)).min(1).optional(),
    })
    .default({}),
  reason: z.string().trim().min(1, 'is needed: why nobody is to be told').max(500),
  ends: z.string(),
});

/** Incidents to look at, and what people with a key do about them. */
@Controller('v1')
@UseGuards(ApiKeyGuard)
export class IncidentsController {
  constructor(
    private readonly incidents: Incidents,
    private readonly acts: Acts,
  ) {}

  /** Latest change first. */
  @Get('incidents')
  async list(@Query() raw: unknown): Promise<{ items: object[]; next: string | null }> {
    const { filter, limit, after, cursorOf } = readIncidentQuery(raw);
    const rows = await this.incidents.list(filter, limit + 1, after);
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return { items: page.map(itemOf), next: rows.length > limit && last !== undefined ? cursorOf(last) : null };
  }

  @Get('incidents/:incident')
  async show(@Param('incident') id: string): Promise<object> {
    const incident = await this.find(id);
    return { ...itemOf(incident), deliveries: (await this.incidents.deliveriesOf(id)) ?? [] };
  }

  /** 202: appended to the stream; `already` says that somebody had acknowledged it, or it is over, and nothing was appended. */
  @Post('alerts/:incident/acknowledge')
  @HttpCode(202)
  async acknowledge(
    @Param('incident') id: string,
    @CurrentCaller() caller: WebCaller,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<object> {
    mayAct(caller);
    const { note } = await bodyOf(acknowledgement, request, response);
    const incident = await this.find(id);
    if (caller.party === 'client' || caller.party === 'provider') {
      if (incident.party !== null && incident.party !== caller.party) {
        throw new ProblemException(
          'not-allowed',
          `the duty of this incident is the ${incident.party}'s; a key of the ${caller.party} cannot acknowledge it`,
        );
      }
    }
    if (!isWaiting(incident)) return { incident: id, state: incident.state, already: true };
    await this.acts.acknowledge(incident, actorOf(caller), note);
    return { incident: id, state: 'acknowledged', already: false };
  }

  /** 202: appended to the stream. */
  @Post('silences')
  @HttpCode(202)
  async silence(
    @CurrentCaller() caller: WebCaller,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<object> {
    mayAct(caller);
    const { contract, match, reason, ends } = await bodyOf(silence, request, response);
    const to = parseInstant(ends);
    const now = Date.now();
    if (to === undefined || to <= now || to > now + MAX_SILENCE_MILLIS) {
      const detail = `'${ends}' is not allowed (allowed: RFC 3339, in the future, at most 92 days ahead)`;
      throw new ProblemException('refused', `ends: ${detail}`, [{ field: 'ends', detail }]);
    }
    if (!(await this.incidents.knowsContract(contract))) {
      throw new ProblemException('not-found', `no contract '${contract}' is published`);
    }
    await this.acts.silence({ contract, match, reason, to }, actorOf(caller));
    return { contract, match, reason, ends: formatInstant(to) };
  }

  private async find(id: string): Promise<IncidentRow> {
    const incident = await this.incidents.byId(id);
    if (incident === undefined) throw new ProblemException('not-found', `there is no incident '${id}'`);
    return incident;
  }
}

/** @throws ProblemException `not-allowed` for keys that only read or send. */
function mayAct({ duties }: WebCaller): void {
  if (duties.includes('operator') || duties.includes('account-manager')) return;
  throw new ProblemException('not-allowed', 'this needs a key with the duty operator or account-manager');
}

function actorOf({ name, party }: WebCaller): Actor {
  return { name, party, role: null, via: 'key' };
}

async function bodyOf<T>(schema: z.ZodType<T>, request: Request, response: Response): Promise<T> {
  const text = (await readBody(request, response, BODY_BYTES)).toString('utf8');
  let value: unknown = {};
  try {
    if (text.trim() !== '') value = JSON.parse(text);
  } catch (error) {
    const detail = `the body is no JSON: ${(error as Error).message}`;
    throw new ProblemException('malformed', detail, [{ field: 'body', detail }]);
  }
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const errors = read.error.issues.map((issue) => ({ field: issue.path.join('.') || 'body', detail: issue.message }));
  throw new ProblemException('refused', errors.map(({ field, detail }) => `${field}: ${detail}`).join('; '), errors);
}

function itemOf(row: IncidentRow): object {
  const { incident, contract, rule, clause, party, subject, kind, severity, state, run, acknowledged } = row;
  return {
    incident,
    contract,
    rule,
    clause,
    party,
    subject,
    kind,
    severity,
    state,
    run,
    openedAt: formatInstant(row.openedAt),
    changedAt: formatInstant(row.changedAt),
    acknowledged: acknowledged === null ? null : { ...acknowledged, at: formatInstant(acknowledged.at) },
    escalatedStep: row.escalatedStep,
  };
}
