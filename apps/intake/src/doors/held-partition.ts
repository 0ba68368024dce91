import type { DoorCursor, DoorCursors, ReadRecord } from '#libs/store';

/** An instant by the log's clock, and the end of the partition as it was seen after it. */
interface Mark {
  readonly at: number;
  readonly end: number;
}

/** One a second: as many as a partition may be behind before marks are thinned out. */
const MAX_MARKS = 600;

/** A partition of a foreign topic in the hands of this process: how far it has been forwarded, and up to when. */
export class HeldPartition {
  private readonly marks: Mark[] = [];
  private last: Promise<unknown> = Promise.resolve();

  /** @param start where reading begins if the cursor says nothing */
  constructor(
    private held: DoorCursor,
    private readonly start: number,
    private readonly cursors: Pick<DoorCursors, 'advance'>,
  ) {}

  /** As the database had it last. */
  get cursor(): DoorCursor {
    return this.held;
  }

  /** Everything before it has been forwarded. */
  get position(): number {
    return this.held.nextOffset ?? this.start;
  }

  /** Everything that the partition had received before this instant has been forwarded. */
  get readThrough(): number | null {
    return this.held.readThrough;
  }

  /** One step after the other: each finds the cursor where the one before has left it. */
  inOrder<T>(step: () => Promise<T>): Promise<T> {
    const done = this.last.then(step);
    this.last = done.catch(() => undefined);
    return done;
  }

  /** At the instant, or later, the partition ended here. */
  mark(at: number, end: number): void {
    if (this.marks.length >= MAX_MARKS) this.marks.pop();
    this.marks.push({ at, end });
  }

  /** @throws FencedError where another process has taken the partition */
  async advance(nextOffset: number, last: ReadRecord | null = null): Promise<void> {
    const to = Math.max(nextOffset, this.position);
    const reached = this.marks.filter(({ end }) => end <= to);
    const readThrough = reached.reduce<number | null>((latest, { at }) => Math.max(latest ?? at, at), null);
    if (to === this.held.nextOffset && reached.length === 0) return;
    this.held = await this.cursors.advance(this.held, to, readThrough, last);
    this.marks.splice(0, this.marks.length, ...this.marks.filter((mark) => !reached.includes(mark)));
  }

  /** Another has had it meanwhile: goes on from where that one has left it. */
  taken(cursor: DoorCursor): void {
    this.held = cursor;
  }
}
