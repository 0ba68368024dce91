import type { Contact, Contract, Language, PartyId } from '#libs/contract';
import type { Channel, Channels } from './channels/channel.js';
import type { RobotBook } from './channels/robot-book.js';
import type { Addressee } from './notice.js';
import type { Address, Receivers, Route } from './routes.js';

/** One receiver of a message, and whom it reaches there. */
export interface Receiver {
  readonly channel: Channel;
  readonly recipient: string;
  readonly addressee: Addressee;
  /** The addressee first; nobody where a robot posts for a role that the contract names nobody for. */
  readonly contacts: readonly Contact[];
}

/** Who there is to send to. */
export interface Directory {
  readonly channels: Channels;
  readonly robots: RobotBook;
}

/**
 * Whom a route, or a step of its escalation, reaches: every contact by each channel it has an address for, and every robot once.
 * Whoever is named twice is written to once.
 *
 * @param parties whose duty it is.
 * @param language instead of each reader's own; null: their own.
 */
export function receiversOf(
  route: Route,
  who: Receivers,
  parties: readonly PartyId[],
  contract: Contract,
  { channels, robots }: Directory,
  language: Language | null,
): Receiver[] {
  const found = new Map<string, Receiver>();
  const add = (
    channel: Channel | undefined,
    recipient: string | null,
    addressee: Addressee,
    contact?: Contact,
  ): void => {
    if (channel === undefined || recipient === null) return;
    const key = JSON.stringify([channel.name, recipient]);
    const there = found.get(key);
    const contacts = [...(there?.contacts ?? []), ...(contact === undefined ? [] : [contact])];
    found.set(key, there === undefined ? { channel, recipient, addressee, contacts } : { ...there, contacts });
  };
  const people = who.to.flatMap((address) =>
    partiesOf(address, parties).map((party) => {
      const contact = contract.parties[party].contacts[address.role];
      const reads = language ?? contact?.language ?? contract.language;
      return {
        contact,
        addressee: {
          party,
          role: address.role,
          name: contact?.name ?? contract.parties[party].name,
          language: reads,
          route: route.name,
        },
      };
    }),
  );
  for (const name of who.channels) {
    const channel = channels.get(name);
    for (const { contact, addressee } of people) {
      if (contact !== undefined) add(channel, channel?.receiverOf(route, contact) ?? null, addressee, contact);
    }
  }
  for (const name of who.robots) {
    const channel = channels.get(robots.get(name)?.channel ?? '');
    for (const { contact, addressee } of people) add(channel, name, addressee, contact);
  }
  return [...found.values()];
}

function partiesOf(address: Address, concerned: readonly PartyId[]): readonly PartyId[] {
  if (address.party === 'client' || address.party === 'provider') return [address.party];
  if (address.party === 'breaching') return concerned;
  return concerned.map((party) => (party === 'client' ? 'provider' : 'client'));
}
