import type { IncomingHttpHeaders } from 'node:http';
import { ProblemException } from '#libs/web';

/** How many bytes of bodies may be under way in this process: small ones hardly count, large ones wait for their turn. */
export class BodyBudget {
  private taken = 0;

  constructor(
    private readonly limit: number,
    private readonly perRequest: number,
  ) {}

  /**
   * Sets aside what the request may need: its declared length, or the most where nothing is declared or it comes compressed.
   * The result gives it back.
   *
   * @throws ProblemException `too-many-requests` where nothing is left
   */
  take(headers: IncomingHttpHeaders): () => void {
    const bytes = this.needed(headers);
    if (this.taken + bytes > this.limit) {
      throw new ProblemException('too-many-requests', 'too many large requests are under way; try again', [], {
        'retry-after': '1',
      });
    }
    this.taken += bytes;
    return () => (this.taken -= bytes);
  }

  private needed(headers: IncomingHttpHeaders): number {
    if (headers['content-encoding'] !== undefined || headers['transfer-encoding'] !== undefined) return this.perRequest;
    return Math.min(Number(headers['content-length'] ?? 0), this.perRequest);
  }
}
