import { Module, type DynamicModule } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import type { Access } from '#libs/settings';
import type { Metrics } from '#libs/telemetry';
import { ACCESS, ApiKeyGuard } from './api-key-guard.js';
import { HealthController } from './health-controller.js';
import { METRICS, MetricsController } from './metrics-controller.js';
import { READINESS_CHECKS, type ReadinessCheck } from './readiness-check.js';

export interface WebOptions {
  readonly access: Access;
  readonly metrics: Metrics;
  readonly checks: readonly ReadinessCheck[];
}

/**
 * What every process serves, once: `/health/live`, `/health/ready`, `/metrics`, and `ApiKeyGuard` for the controllers of all
 * modules (global: they need not import it).
 */
@Module({})
export class WebModule {
  static register({ access, metrics, checks }: WebOptions): DynamicModule {
    return {
      module: WebModule,
      global: true,
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: ACCESS, useValue: access },
        { provide: METRICS, useValue: metrics },
        { provide: READINESS_CHECKS, useValue: checks },
        ApiKeyGuard,
      ],
      exports: [ACCESS, METRICS, ApiKeyGuard],
    };
  }
}
