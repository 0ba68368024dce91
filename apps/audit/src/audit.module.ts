import { Module, type DynamicModule } from '@nestjs/common';
import { ReadSide } from '#libs/store';
import { AUDIT_OPTIONS, type AuditOptions } from './audit-options.js';
import { ContractPages } from './contracts/contract-pages.js';
import { ContractsController } from './contracts/contracts.controller.js';
import { PublishedContracts } from './contracts/published-contracts.js';
import { DecisionsController } from './decisions/decisions.controller.js';
import { FindingsController } from './findings/findings.controller.js';
import { HomeController } from './home.controller.js';
import { JudgedContract } from './judgements/judged-contract.js';
import { Judgements } from './judgements/judgements.js';
import { QuarantineController } from './quarantine/quarantine.controller.js';
import { RightsController } from './rights/rights.controller.js';
import { StandardsController } from './standards/standards.controller.js';
import { PersonFacts } from './statements/person-facts.js';
import { StatedCycles } from './statements/stated-cycles.js';
import { StatementActsController } from './statements/statement-acts.controller.js';
import { StatementPrints } from './statements/statement-prints.js';
import { StatementsController } from './statements/statements.controller.js';
import { SubjectTimelines } from './timeline/subject-timeline.js';
import { TimelineController } from './timeline/timeline.controller.js';
import { ClockCircumstances } from './verdicts/clock-circumstances.js';
import { ExplainedVerdicts } from './verdicts/explained-verdict.js';
import { RecordedVerdicts } from './verdicts/recorded-verdicts.js';
import { VerdictLists } from './verdicts/verdict-lists.js';
import { VerdictsController } from './verdicts/verdicts.controller.js';

/** The read side. Needs `WebModule` beside it, which brings the guard. */
@Module({})
export class AuditModule {
  static register(options: AuditOptions): DynamicModule {
    return {
      module: AuditModule,
      controllers: [
        HomeController,
        ContractsController,
        VerdictsController,
        StandardsController,
        StatementsController,
        StatementActsController,
        RightsController,
        FindingsController,
        TimelineController,
        DecisionsController,
        QuarantineController,
      ],
      providers: [
        { provide: AUDIT_OPTIONS, useValue: options },
        { provide: ReadSide, useValue: options.reads },
        PublishedContracts,
        ContractPages,
        Judgements,
        JudgedContract,
        StatedCycles,
        StatementPrints,
        PersonFacts,
        RecordedVerdicts,
        ClockCircumstances,
        VerdictLists,
        ExplainedVerdicts,
        SubjectTimelines,
      ],
    };
  }
}
