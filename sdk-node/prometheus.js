// Where resolvers that know no `exports` look for `oap/prometheus`.
module.exports = require('./dist/prometheus.js');
