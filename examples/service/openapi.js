// OpenAPI 3.1, made from the table of routes, the comments of the catalog, and the columns that the server says each answer has.
'use strict';
const { routes, parameters } = require('./routes');

const schemaOfParameter = {
    date: { type: 'string', format: 'date' },
    text: { type: 'string' },
    int: { type: 'integer' },
    bigint: { type: 'integer' },
    boolean: { type: 'boolean' },
    'text[]': { type: 'array', items: { type: 'string' } },
};
// By the number of the column's type in pg_type; texts and all else are strings in JSON.
const schemaOfType = {
    16: { type: 'boolean' },
    20: { type: 'integer' },
    21: { type: 'integer' },
    23: { type: 'integer' },
    700: { type: 'number' },
    701: { type: 'number' },
    1700: { type: 'number' },
    1082: { type: 'string', format: 'date' },
    1184: { type: 'string', format: 'date-time' },
    114: { type: 'object' },
    3802: { type: 'object' },
    1009: { type: 'array', items: { type: 'string' } },
};
const nullable = (schema) => ({ ...schema, type: [schema.type, 'null'] });

const problem = {
    type: 'object',
    required: ['error'],
    properties: {
        error: {
            type: 'object',
            required: ['message'],
            properties: {
                code: { type: 'string', description: 'SQLSTATE' },
                message: { type: 'string' },
                detail: { type: 'string' },
                hint: { type: 'string' },
            },
        },
    },
};
const problems = {
    400: 'A bad argument; the message says which, the hint what would do',
    401: 'No token, or one that is not valid',
    403: 'Not yours to see',
    503: 'The warehouse cannot be reached, is not installed, or has too much to do',
    504: 'The answer took too long',
};

async function operation(client, route, comments) {
    const comment = route.comment ?? comments.get(route.function) ?? '';
    const [summary, ...rest] = comment.split('\n');
    // WHERE false: the server says what columns there are, and computes nothing.
    const values = route.names.map((name) => (parameters[name].type === 'date' ? '2000-01-01' : parameters[name].value));
    const { fields } = await client.query(`SELECT * FROM (${route.text}) r WHERE false`, values);
    const row = { type: 'object', properties: Object.fromEntries(fields.map((f) => [f.name, nullable(schemaOfType[f.dataTypeID] ?? { type: 'string' })])) };
    const schema = { row, rows: { type: 'array', items: row }, document: { type: 'object' }, page: { type: 'string' } }[route.kind];
    const media = route.kind === 'page' ? 'text/html' : 'application/json';
    const inQuery = [
        ...new Set([...route.names.filter((name) => !route.inPath.includes(name)), ...(route.inPath.includes('business_id') ? [] : ['business_id'])]),
    ];
    const parameter = (name, where) => ({
        name,
        in: where,
        required: where === 'path',
        description: parameters[name].description,
        schema: {
            ...schemaOfParameter[parameters[name].type],
            ...(parameters[name].value !== undefined ? { default: parameters[name].value } : {}),
            ...(parameters[name].values ? { enum: parameters[name].values } : {}),
        },
        ...(parameters[name].type.endsWith('[]') ? { style: 'form', explode: false } : {}),
    });
    return {
        get: {
            operationId: route.path.replace(/[{}]/g, '').split(/[/-]/).filter(Boolean).join('_'),
            tags: [route.path.split('/')[1]],
            summary,
            description: rest.join('\n').trim(),
            parameters: [...route.inPath.map((name) => parameter(name, 'path')), ...inQuery.map((name) => parameter(name, 'query'))],
            responses: {
                200: { description: summary, headers: { ETag: { schema: { type: 'string' } } }, content: { [media]: { schema } } },
                304: { description: 'Nothing was refreshed since' },
                ...Object.fromEntries(
                    Object.entries(problems).map(([status, description]) => [
                        status,
                        { description, content: { 'application/json': { schema: { $ref: '#/components/schemas/problem' } } } },
                    ]),
                ),
            },
        },
    };
}

async function describe(client) {
    const { rows } = await client.query(
        `SELECT p.proname, obj_description(p.oid, 'pg_proc') AS comment FROM pg_proc p WHERE p.pronamespace = 'analytics'::regnamespace`,
    );
    const comments = new Map(rows.map((row) => [row.proname, row.comment]));
    const paths = {};
    for (const route of routes) paths[route.path] = await operation(client, route, comments);
    return {
        openapi: '3.1.0',
        info: {
            title: 'pg_marketing',
            version: '1.0.0',
            description: 'Questions to the warehouse of pg_marketing. Days are those of the reporting time zone.',
        },
        security: [{ token: [] }],
        paths,
        components: { schemas: { problem }, securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    };
}

module.exports = { describe };
