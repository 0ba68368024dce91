import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { callerOf, type Access } from '#libs/settings';
import { OPEN_CALLER, type RequestWithCaller } from './caller.js';
import { ProblemException } from './problem.js';

/** Injection token of the `Access` that `ApiKeyGuard` asks. */
export const ACCESS = Symbol('access');

const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/**
 * Lets in who shows a listed key as `Authorization: Bearer …` (RFC 6750, 2.1), and keeps the caller for `@CurrentCaller()`.
 * With open access everybody comes in, but only under a loopback name: a page in a browser must not reach the product by a
 * name of its own that points to this machine.
 */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(@Inject(ACCESS) private readonly access: Access) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<RequestWithCaller>();
    if (this.access.open) {
      if (!LOOPBACK_HOST.test(request.headers.host ?? '')) {
        throw new ProblemException(
          'not-allowed',
          'without access keys only loopback names are answered (localhost, 127.0.0.1)',
        );
      }
      request.caller = OPEN_CALLER;
      return true;
    }
    const shown = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(request.headers.authorization ?? '')?.[1];
    const caller = shown === undefined ? undefined : callerOf(this.access, shown);
    if (caller === undefined) {
      const detail =
        request.headers.authorization === undefined
          ? 'no key was shown: `Authorization: Bearer …` is needed'
          : 'the key shown is not a listed one';
      throw new ProblemException('not-authenticated', detail, [], { 'www-authenticate': 'Bearer realm="pactwatch"' });
    }
    request.caller = { ...caller, open: false };
    return true;
  }
}
