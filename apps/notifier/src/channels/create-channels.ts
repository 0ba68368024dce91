import type { TemplateBook } from '../templates/template-book.js';
import { AlertmanagerChannel } from './alertmanager-channel.js';
import type { Channel, Channels } from './channel.js';
import { MailChannel } from './mail-channel.js';
import { PagerdutyChannel } from './pagerduty-channel.js';
import type { RobotBook } from './robot-book.js';
import { dingtalk } from './robots/dingtalk.js';
import { feishu } from './robots/feishu.js';
import { RobotChannel } from './robots/robot-channel.js';
import { wecom } from './robots/wecom.js';
import { WebhookChannel, type WebhookOptions } from './webhook-channel.js';

export interface ChannelOptions extends WebhookOptions {
  /** Null: mails wait, and fail in the end. */
  readonly smtpUrl: string | null;
  readonly mailFrom: string;
  readonly templates: TemplateBook;
  readonly robots: RobotBook;
}

/** Every way there is to reach people and systems. */
export function createChannels(options: ChannelOptions): Channels {
  const { robots, allowInternal } = options;
  const channels: readonly Channel[] = [
    new MailChannel(options.smtpUrl, options.mailFrom, options.templates),
    new WebhookChannel(options),
    ...[wecom, dingtalk, feishu].map((chat) => new RobotChannel(chat, robots, allowInternal)),
    new PagerdutyChannel(robots, allowInternal),
    new AlertmanagerChannel(robots, allowInternal),
  ];
  return new Map(channels.map((channel) => [channel.name, channel]));
}
