import { join } from 'node:path';
import { readRobotBook, type RobotBook } from './channels/robot-book.js';
import { readRouteBook, type RouteBook } from './route-book.js';
import { readTemplateBook, type TemplateBook } from './templates/template-book.js';

/** What the folder of the configuration says about messages. */
export interface NotifierFiles {
  readonly book: RouteBook;
  readonly robots: RobotBook;
  readonly templates: TemplateBook;
}

export type ReadNotifierFiles =
  { readonly ok: true; readonly files: NotifierFiles } | { readonly ok: false; readonly problems: readonly string[] };

/** Routes, robots and templates, or all that is wrong with them. */
export function readNotifierFiles(configFolder: string): ReadNotifierFiles {
  const robots = readRobotBook(join(configFolder, 'robots'));
  const routes = readRouteBook(join(configFolder, 'routes'), new Set(robots.ok ? robots.robots.keys() : []));
  const templates = readTemplateBook(configFolder);
  if (robots.ok && routes.ok && templates.ok) {
    return { ok: true, files: { book: routes.book, robots: robots.robots, templates: templates.book } };
  }
  // A route that names a robot of a file that is wrong is not wrong itself.
  const problems = [
    ...(robots.ok ? [] : robots.problems),
    ...(robots.ok && !routes.ok ? routes.problems : []),
    ...(templates.ok ? [] : templates.problems),
  ];
  return { ok: false, problems };
}
