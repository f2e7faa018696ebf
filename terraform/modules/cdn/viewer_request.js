// Runs before the cache, for every request that may reach the application. The secret lies in the key-value store, where
// `make deploy` puts it: a header of the distribution's origin would stand in Terraform's state (docs/decisions/0040).
import cf from 'cloudfront';

const DOMAIN = '${domain}';
const store = cf.kvs();

async function handler(event) {
  const request = event.request;
  const host = request.headers.host.value;
  if (DOMAIN !== '' && host === 'www.' + DOMAIN) {
    return moved('https://' + DOMAIN + request.uri + query(request.querystring));
  }
  // Set, not added: what a visitor sent under these names is gone.
  request.headers['x-viewer-host'] = { value: host };
  request.headers['x-viewer-address'] = { value: event.viewer.ip };
  request.headers['x-origin-secret'] = { value: await store.get('origin-secret') };
  return request;
}

function moved(location) {
  return {
    statusCode: 301,
    statusDescription: 'Moved Permanently',
    headers: { location: { value: location }, 'cache-control': { value: 'max-age=3600' } },
  };
}

// As it came: CloudFront leaves names and values encoded.
function query(parameters) {
  const pairs = [];
  for (const name in parameters) {
    const values = parameters[name].multiValue || [parameters[name]];
    values.forEach((one) => pairs.push(one.value === '' ? name : name + '=' + one.value));
  }
  return pairs.length > 0 ? '?' + pairs.join('&') : '';
}
