import { Controller, Get, Header, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Incidents, type IncidentRow } from '#libs/store';
import { readBody } from '#libs/web';
import { aboutOf } from './about.js';
import { confirmPage, outcomePage, SILENCE_HOURS, type ActOutcome } from './act-page.js';
import { Acts, type Actor } from './acts.js';
import { READER_OPTIONS, type ReaderOptions } from './alert-reader.js';
import type { SilenceMatch } from './alert.js';
import { isWaiting } from './incident.js';
import { PublishedContracts } from './published-contracts.js';
import { readKeptAlert } from './read-alert.js';
import { readLink, type LinkClaim } from './signed-links.js';
import { silenceOver } from './silences.js';
import { STREAM_OPTIONS, type StreamOptions } from './told-job.js';
import { writeAlertNotice } from './write-alert-notice.js';

const BODY_BYTES = 8 * 1024;
const MOST_CHARS = 500;
const HOUR_MILLIS = 60 * 60 * 1000;

/** Pages behind the signed links of mails. Looking changes nothing; the button does. */
@Controller('v1/acts')
export class ActsController {
  constructor(
    private readonly incidents: Incidents,
    private readonly acts: Acts,
    private readonly contracts: PublishedContracts,
    @Inject(READER_OPTIONS) private readonly reader: ReaderOptions,
    @Inject(STREAM_OPTIONS) private readonly options: StreamOptions,
  ) {}

  @Get(':token')
  @Header('cache-control', 'no-store')
  async ask(@Param('token') token: string, @Res() response: Response): Promise<void> {
    const standing = await this.standing(token);
    if (typeof standing === 'string') return send(response, standing, null);
    const { claim, incident, outcome } = standing;
    if (outcome !== null) return send(response, outcome, claim);
    response.type('html').send(confirmPage(claim, await this.titleOf(incident, claim)));
  }

  @Post(':token')
  @Header('cache-control', 'no-store')
  async act(@Param('token') token: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const standing = await this.standing(token);
    if (typeof standing === 'string') return send(response, standing, null);
    const { claim, incident, outcome } = standing;
    if (outcome !== null) return send(response, outcome, claim);
    const form = new URLSearchParams((await readBody(request, response, BODY_BYTES)).toString('utf8'));
    const { name, party, role } = claim;
    const by: Actor = { name, party, role, via: 'link' };
    if (claim.purpose === 'acknowledge') {
      const note = (form.get('note') ?? '').trim().slice(0, MOST_CHARS);
      await this.acts.acknowledge(incident, by, note === '' ? null : note);
      return send(response, 'acknowledged', claim);
    }
    const reason = (form.get('reason') ?? '').trim();
    const hours = SILENCE_HOURS.find((one) => String(one) === form.get('hours'));
    if (reason === '' || reason.length > MOST_CHARS || hours === undefined) {
      return send(response, 'reason-missing', claim);
    }
    if (await this.isSilenced(incident)) return send(response, 'silenced-already', claim);
    const to = Date.now() + hours * HOUR_MILLIS;
    await this.acts.silence({ contract: incident.contract, match: matchOf(incident), reason, to }, by);
    send(response, 'silenced', claim);
  }

  private async isSilenced({ contract, contractHash, record }: IncidentRow): Promise<boolean> {
    const alert = readKeptAlert(record);
    const about = aboutOf(alert, await this.contracts.byHash(contract, contractHash));
    return silenceOver(await this.incidents.silences(contract), alert, about, Date.now()) !== undefined;
  }

  /** As the subject of a message to this reader. */
  private async titleOf({ contract, contractHash, record }: IncidentRow, claim: LinkClaim): Promise<string> {
    const { party, role, name, language } = claim;
    const law = await this.contracts.byHash(contract, contractHash);
    const addressee = { party, role, name, language, route: '' };
    return writeAlertNotice(readKeptAlert(record), law, addressee, this.reader.pen).subject;
  }

  private async standing(
    token: string,
  ): Promise<'expired' | 'unknown' | { claim: LinkClaim; incident: IncidentRow; outcome: ActOutcome | null }> {
    const claim = readLink(this.options.stampKey, token, Date.now());
    if (claim === undefined || claim === 'expired') return claim ?? 'unknown';
    const incident = await this.incidents.byId(claim.incident);
    if (incident === undefined) return 'unknown';
    return { claim, incident, outcome: refusalOf(claim, incident) };
  }
}

/** Why nothing is to be done by the link any more; null: something is. */
function refusalOf(claim: LinkClaim, incident: IncidentRow): ActOutcome | null {
  if (claim.purpose === 'silence') return null;
  if (incident.state === 'resolved' || incident.state === 'withdrawn') return 'over';
  if (!isWaiting(incident)) return 'already';
  return incident.run === claim.run ? null : 'anew';
}

/** The duty and the case of the incident; where there is no case, the incident itself. */
function matchOf({ incident, rule, subject, clause }: IncidentRow): SilenceMatch {
  if (subject === null || clause === null) return { incidents: [incident] };
  return { obligations: [rule], subjects: [subject] };
}

const STATUS: Partial<Record<ActOutcome, number>> = { expired: 410, unknown: 404, 'reason-missing': 422 };

function send(response: Response, outcome: ActOutcome, claim: LinkClaim | null): void {
  response
    .status(STATUS[outcome] ?? 200)
    .type('html')
    .send(outcomePage(outcome, claim?.language ?? null));
}
