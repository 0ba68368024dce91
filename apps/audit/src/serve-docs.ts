import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

/** OpenAPI document of everything an application serves, as far as its handlers are documented. */
function describeApi(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Pactwatch')
    .setDescription(
      'Contracts, verdicts and breaches with their reasons. Instants are RFC 3339 in UTC, durations ISO 8601.',
    )
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An access key' })
    .build();
  return SwaggerModule.createDocument(app, config);
}

/** Serves it: pages at `/docs`, JSON at `/docs-json`. Call before `listen`. */
export function serveDocs(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => describeApi(app), {
    jsonDocumentUrl: 'docs-json',
    yamlDocumentUrl: 'docs-yaml',
  });
}
