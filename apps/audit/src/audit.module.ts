import { Module, type DynamicModule } from '@nestjs/common';
import { ReadSide } from '#libs/store';
import { ContractPages } from './contracts/contract-pages.js';
import { ContractsController } from './contracts/contracts.controller.js';
import { PublishedContracts } from './contracts/published-contracts.js';
import { DecisionsController } from './decisions/decisions.controller.js';
import { HomeController } from './home.controller.js';
import { JudgedContract } from './judgements/judged-contract.js';
import { Judgements } from './judgements/judgements.js';
import { QuarantineController } from './quarantine/quarantine.controller.js';
import { RightsController } from './rights/rights.controller.js';
import { StandardsController } from './standards/standards.controller.js';
import { StatementsController } from './statements/statements.controller.js';
import { SubjectTimelines } from './timeline/subject-timeline.js';
import { TimelineController } from './timeline/timeline.controller.js';
import { ClockCircumstances } from './verdicts/clock-circumstances.js';
import { ExplainedVerdicts } from './verdicts/explained-verdict.js';
import { RecordedVerdicts } from './verdicts/recorded-verdicts.js';
import { VerdictLists } from './verdicts/verdict-lists.js';
import { VerdictsController } from './verdicts/verdicts.controller.js';

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
        StandardsController,
        StatementsController,
        RightsController,
        TimelineController,
        DecisionsController,
        QuarantineController,
      ],
      providers: [
        { provide: ReadSide, useValue: reads },
        PublishedContracts,
        ContractPages,
        Judgements,
        JudgedContract,
        RecordedVerdicts,
        ClockCircumstances,
        VerdictLists,
        ExplainedVerdicts,
        SubjectTimelines,
      ],
    };
  }
}
