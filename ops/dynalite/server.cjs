// dynalite in memory on a free loopback port, which is all that it prints. `GET /calls` tells what it was asked for so far.
'use strict'

const db = require('dynalite/db')
const updateItem = require('dynalite/validations/updateItem')
const dynalite = require('dynalite')

// What dynalite 4.0.0 lacks: the item in the answer to a condition that failed.
const wanted = 'ReturnValuesOnConditionCheckFailure'
updateItem.types[wanted] = { type: 'String', enum: ['ALL_OLD', 'NONE'] }
const checkConditional = db.checkConditional
db.checkConditional = (data, item) => {
  const error = checkConditional(data, item)
  if (error && item && data[wanted] === 'ALL_OLD') error.body.Item = item
  return error
}

const calls = {}
const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
const [answer] = server.listeners('request')
server.removeAllListeners('request')
server.on('request', (request, response) => {
  if (request.method === 'GET' && request.url === '/calls') return response.end(JSON.stringify(calls))
  const operation = (request.headers['x-amz-target'] || '').split('.').pop()
  calls[operation] = (calls[operation] || 0) + 1
  answer.call(server, request, response)
})
// A client that comes back just when its connection is closed has no second try.
server.keepAliveTimeout = 0
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
