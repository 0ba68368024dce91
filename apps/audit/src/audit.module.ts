import { Module, type DynamicModule } from '@nestjs/common';
import { ReadSide } from '#libs/store';
import { ContractPages } from './contracts/contract-pages.js';
import { ContractsController } from './contracts/contracts.controller.js';
import { PublishedContracts } from './contracts/published-contracts.js';
import { DecisionsController } from './decisions/decisions.controller.js';
import { HomeController } from './home.controller.js';
import { QuarantineController } from './quarantine/quarantine.controller.js';
import { SubjectTimelines } from './timeline/subject-timeline.js';
import { TimelineController } from './timeline/timeline.controller.js';
import { ExplainedVerdicts } from './verdicts/explained-verdict.js';
import { VerdictLists } from './verdicts/verdict-lists.js';
import { VerdictsController } from './verdicts/verdicts.controller.js';
import { VerdictsAsOf } from './verdicts/verdicts-as-of.js';

export interface AuditOptions {
  /** The caller owns the pool behind it and closes it after the application. */
  readonly reads: ReadSide;
}

/** The read side. Needs `WebModule` beside it, which brings the guard. */
@Module({})
export class AuditModule {
  static register({ reads }: AuditOptions): DynamicModule {
    return {
      module: AuditModule,
      controllers: [
        HomeController,
        ContractsController,
        VerdictsController,
        TimelineController,
        DecisionsController,
        QuarantineController,
      ],
      providers: [
        { provide: ReadSide, useValue: reads },
        PublishedContracts,
        ContractPages,
        VerdictsAsOf,
        VerdictLists,
        ExplainedVerdicts,
        SubjectTimelines,
      ],
    };
  }
}
