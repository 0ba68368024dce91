import packageFile from 'holiday-calendar/package.json';
import cn2000 from 'holiday-calendar/data/CN/2000.min.json';
import cn2001 from 'holiday-calendar/data/CN/2001.min.json';
import cn2002 from 'holiday-calendar/data/CN/2002.min.json';
import cn2003 from 'holiday-calendar/data/CN/2003.min.json';
import cn2004 from 'holiday-calendar/data/CN/2004.min.json';
import cn2005 from 'holiday-calendar/data/CN/2005.min.json';
import cn2006 from 'holiday-calendar/data/CN/2006.min.json';
import cn2007 from 'holiday-calendar/data/CN/2007.min.json';
import cn2008 from 'holiday-calendar/data/CN/2008.min.json';
import cn2009 from 'holiday-calendar/data/CN/2009.min.json';
import cn2010 from 'holiday-calendar/data/CN/2010.min.json';
import cn2011 from 'holiday-calendar/data/CN/2011.min.json';
import cn2012 from 'holiday-calendar/data/CN/2012.min.json';
import cn2013 from 'holiday-calendar/data/CN/2013.min.json';
import cn2014 from 'holiday-calendar/data/CN/2014.min.json';
import cn2015 from 'holiday-calendar/data/CN/2015.min.json';
import cn2016 from 'holiday-calendar/data/CN/2016.min.json';
import cn2017 from 'holiday-calendar/data/CN/2017.min.json';
import cn2018 from 'holiday-calendar/data/CN/2018.min.json';
import cn2019 from 'holiday-calendar/data/CN/2019.min.json';
import cn2020 from 'holiday-calendar/data/CN/2020.min.json';
import cn2021 from 'holiday-calendar/data/CN/2021.min.json';
import cn2022 from 'holiday-calendar/data/CN/2022.min.json';
import cn2023 from 'holiday-calendar/data/CN/2023.min.json';
import cn2024 from 'holiday-calendar/data/CN/2024.min.json';
import cn2025 from 'holiday-calendar/data/CN/2025.min.json';
import cn2026 from 'holiday-calendar/data/CN/2026.min.json';
import { parseDay } from './day-text.js';
import type { Day } from './model.js';

/** What a date is by the holiday data: off work, or worked in exchange for a day off (调休). */
export type SpecialDay = 'holiday' | 'make-up';

export interface HolidayData {
  /** Name, version and region, as it stands in `because` of what was decided by it. */
  readonly name: string;
  readonly first: number;
  readonly last: number;
  readonly days: ReadonlyMap<Day, SpecialDay>;
}

interface YearFile {
  readonly year: number;
  readonly dates: readonly { readonly date: string; readonly type: string }[];
}

const TYPES: Readonly<Record<string, SpecialDay>> = { public_holiday: 'holiday', transfer_workday: 'make-up' };

/** The years by region. A year that the package adds counts only once it stands here. */
const YEARS = {
  CN: [
    cn2000,
    cn2001,
    cn2002,
    cn2003,
    cn2004,
    cn2005,
    cn2006,
    cn2007,
    cn2008,
    cn2009,
    cn2010,
    cn2011,
    cn2012,
    cn2013,
    cn2014,
    cn2015,
    cn2016,
    cn2017,
    cn2018,
    cn2019,
    cn2020,
    cn2021,
    cn2022,
    cn2023,
    cn2024,
    cn2025,
    cn2026,
  ],
} satisfies Readonly<Record<string, readonly YearFile[]>>;

export type HolidayRegion = keyof typeof YEARS;
export const HOLIDAY_REGIONS = Object.keys(YEARS) as [HolidayRegion, ...HolidayRegion[]];

const read = new Map<HolidayRegion, HolidayData>();

/** The kept holiday data of a region. A year's notice may reach into the years beside it, so all files are read. */
export function holidayData(region: HolidayRegion): HolidayData {
  const known = read.get(region);
  if (known !== undefined) return known;
  const files: readonly YearFile[] = YEARS[region];
  const days = new Map<Day, SpecialDay>();
  for (const { dates } of files) {
    for (const { date, type } of dates) {
      const day = parseDay(date);
      const special = TYPES[type];
      if (day === undefined || special === undefined) {
        throw new RangeError(
          `holiday-calendar ${region} has '${type}' on '${date}' (known: ${Object.keys(TYPES).join(', ')})`,
        );
      }
      days.set(day, special);
    }
  }
  const years = files.map((file) => file.year);
  const data: HolidayData = Object.freeze({
    name: `holiday-calendar ${packageFile.version} ${region}`,
    first: Math.min(...years),
    last: Math.max(...years),
    days,
  });
  read.set(region, data);
  return data;
}
