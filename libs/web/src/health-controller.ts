import { Controller, Get, Inject, Res, ServiceUnavailableException } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { HealthCheckService, HealthIndicatorService, type HealthCheckResult } from '@nestjs/terminus';
import type { Response } from 'express';
import { READINESS_CHECKS, type ReadinessCheck } from './readiness-check.js';

const CODE = /^[A-Z][A-Z_]*$/;
/** A check that takes longer counts as down: the one who asks has a deadline too. */
const CHECK_MILLIS = 2_000;

/**
 * `live`: the process answers. `ready`: everything it needs answers as well; 503 with the same body where something is down.
 * Neither asks for a key, and neither says more than names.
 */
@ApiExcludeController()
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    @Inject(READINESS_CHECKS) private readonly checks: readonly ReadinessCheck[],
  ) {}

  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  async ready(@Res({ passthrough: true }) response: Response): Promise<HealthCheckResult> {
    response.set('cache-control', 'no-store');
    try {
      return await this.health.check(this.checks.map((check) => () => this.indicate(check)));
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      response.status(503);
      return error.getResponse() as HealthCheckResult;
    }
  }

  private async indicate({ name, check }: ReadinessCheck) {
    const indicator = this.indicators.check(name);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), CHECK_MILLIS)));
    try {
      const outcome = await Promise.race([check(), late]);
      return outcome === 'late' ? indicator.down(`no answer within ${CHECK_MILLIS} ms`) : indicator.up();
    } catch (error) {
      // The reason may name hosts and users: it is in the log of whatever failed. A code names none.
      const { code } = error as { readonly code?: unknown };
      return indicator.down(typeof code === 'string' && CODE.test(code) ? code : 'does not answer');
    } finally {
      clearTimeout(timer);
    }
  }
}
