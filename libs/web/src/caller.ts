import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { DUTIES, type Caller } from '#libs/settings';

/** What the guard leaves on a request. */
export interface RequestWithCaller extends Request {
  caller?: WebCaller;
}

/** A caller with a key, or whoever sits at this machine while no keys are configured. */
export type WebCaller = Caller & { readonly open: boolean };

/** Without keys everybody on the machine has every duty. */
export const OPEN_CALLER: WebCaller = Object.freeze({
  name: 'open',
  party: null,
  duties: DUTIES,
  sources: [],
  open: true,
});

/** Parameter decorator: the caller that `ApiKeyGuard` let in. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): WebCaller => {
  const { caller } = context.switchToHttp().getRequest<RequestWithCaller>();
  if (caller === undefined) throw new Error('a handler asks for its caller without ApiKeyGuard before it');
  return caller;
});
