import type { Language } from '#libs/contract';
import type { ExcuseReason } from './verdict.js';

/** Why a span does not count: each exemption, late duty of the other party and agreed window by its id, once. */
export function describeReasons(reasons: readonly ExcuseReason[], language: Language): string {
  const zh = language === 'zh-CN';
  const phrases = reasons.map(({ reason, about }) => {
    switch (reason) {
      case 'exemption':
        return zh ? `免责 ${about}` : `exemption ${about}`;
      case 'other-party-late':
        return zh ? `对方逾期未履行 ${about}` : `the other party being late with ${about}`;
      case 'window':
        return zh ? `约定时段 ${about}` : `agreed window ${about}`;
    }
  });
  return [...new Set(phrases)].join(zh ? '、' : ', ');
}
