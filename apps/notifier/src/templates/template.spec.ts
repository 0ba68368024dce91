import { fillTemplate, readTemplate, type Fields, type FieldTable } from './template.js';

const TABLE: FieldTable = {
  name: 'text',
  late: 'flag',
  count: 'number',
  rows: { label: 'text', cells: { cell: 'text' } },
};

function fill(text: string, fields: Fields, escape?: (text: string) => string): string {
  const read = readTemplate(text, TABLE);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return fillTemplate(read.template, fields, escape);
}

describe('a template', () => {
  it.each<[string, Fields, string]>([
    ['Dear {{ name }},', { name: 'Lin' }, 'Dear Lin,'],
    ['{{name}}', { name: null }, ''],
    ['{{#if late}}late{{else}}in time{{/if}}', { late: true }, 'late'],
    ['{{#if late}}late{{else}}in time{{/if}}', { late: false }, 'in time'],
    ['{{#if name}}x{{#if late}}y{{/if}}{{/if}}', { name: 'n', late: true }, 'xy'],
    ['{{#if rows}}some{{else}}none{{/if}}', { rows: [] }, 'none'],
    ['{{plural count "breach" "breaches"}}', { count: 1 }, '1 breach'],
    ['{{plural count "breach" "breaches"}}', { count: 0 }, '0 breaches'],
    [
      '{{#each rows}}{{name}}/{{label}}:{{#each cells}}{{cell}};{{/each}} {{/each}}',
      {
        name: 'n',
        rows: [
          { label: 'a', cells: [{ cell: '1' }, { cell: '2' }] },
          { label: 'b', cells: [] },
        ],
      },
      'n/a:1;2; n/b: ',
    ],
    ['{ one brace }', {}, '{ one brace }'],
  ])('%s with %j reads %j', (text, fields, words) => {
    expect(fill(text, fields)).toBe(words);
  });

  it('puts fields through the escape of its channel, and what fields hold is never a tag', () => {
    const escape = (text: string): string => text.replaceAll('<', '&lt;');
    expect(fill('<b>{{name}}</b>', { name: '<{{late}}>' }, escape)).toBe('<b>&lt;{{late}}></b>');
  });

  it.each<[string, [number, string][]]>([
    ['a {{nobody}}', [[2, "'nobody' is no field here (allowed: count, late, name, rows)"]]],
    [
      '{{constructor}} {{toString}}',
      [
        [0, "'constructor' is no field"],
        [16, "'toString' is no field"],
      ],
    ],
    ['{{label}}', [[0, "'label' is no field here"]]],
    ['{{#each rows}}{{nobody}}{{/each}}', [[14, "'nobody' is no field here (allowed: cells, count, label"]]],
    ['{{#each name}}{{/each}}', [[0, "'name' is no list (allowed: rows)"]]],
    ['{{rows}}', [[0, "'rows' is a list"]]],
    ['{{late}}', [[0, "'late' is a yes or no"]]],
    ['{{plural name "a" "b"}}', [[0, "'name' is no number"]]],
    ['{{#if late}}', [[0, '{{#if late}} does not end']]],
    ['{{/if}}', [[0, '{{/if}} ends nothing']]],
    ['{{#if late}}{{/each}}{{/if}}', [[12, '{{/if}} was expected']]],
    ['{{else}}', [[0, 'without an {{#if}}']]],
    ['{{#if late}}{{else}}{{else}}{{/if}}', [[20, 'without an {{#if}}']]],
    ['{{> other}}', [[0, "'{{> other}}' is no tag"]]],
    ['{{name.length}}', [[0, "'{{name.length}}' is no tag"]]],
    ['{{{name}}}', [[0, 'two braces']]],
    ['x {{ name', [[2, 'two braces']]],
    ['x'.repeat(70_000), [[0, '70000 characters (allowed: 65536)']]],
    ['{{#if late}}'.repeat(9) + '{{/if}}'.repeat(9), [[96, 'more than 8 deep']]],
  ])('%# with a mistake is refused with its place', (text, expected) => {
    const read = readTemplate(text, TABLE);
    expect(read.ok ? [] : read.problems).toEqual(
      expected.map(([offset, words]) => ({ offset, message: expect.stringContaining(words) })),
    );
  });

  it('stops writing where a message would grow without end', () => {
    const rows = Array.from({ length: 1000 }, () => ({ label: 'x'.repeat(1000), cells: [] }));
    expect(fill('{{#each rows}}{{label}}{{/each}}', { rows })).toHaveLength(512 * 1024);
  });
});
