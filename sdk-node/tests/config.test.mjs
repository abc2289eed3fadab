import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Config, Decoder, OapConfigError, Session } from '../index.mjs';

const MAX_U64 = 2n ** 64n - 1n;

test('what is left out has the default of the specification', () => {
  assert.deepEqual(
    { ...new Config() },
    {
      strictHeaders: true,
      enforceObjHeaderOnObjects: true,
      allowPqHelloFlags: true,
      seqRolloverPolicy: 'error',
      ackWindowFrames: 32,
      maxFrame: 1_048_576,
    },
  );
  assert.equal(new Config().features, undefined);
  assert.deepEqual(new Config({ maxFrame: undefined }), new Config());
});

test('both ends of each range are allowed, and one beyond is an error with field, value and range', () => {
  for (const [field, min, max] of [
    ['ackWindowFrames', 1, 1_024],
    ['maxFrame', 4_096, 1_048_576],
  ]) {
    assert.equal(new Config({ [field]: min })[field], min);
    assert.equal(new Config({ [field]: max })[field], max);
    for (const value of [min - 1, max + 1, -1, 1.5, NaN, Infinity, 2 ** 32 + min]) {
      assert.throws(
        () => new Config({ [field]: value }),
        (error) => {
          assert.ok(error instanceof OapConfigError);
          assert.deepEqual([error.field, error.value, error.min, error.max], [field, value, min, max]);
          assert.equal(error.message, `${field} = ${value} is not in ${min}..=${max}`);
          return true;
        },
      );
    }
  }
  for (const features of [0n, 1n, MAX_U64]) {
    assert.equal(new Config({ features }).features, features);
  }
  for (const features of [-1n, MAX_U64 + 1n]) {
    assert.throws(() => new Config({ features }), {
      name: 'OapConfigError',
      field: 'features',
      min: 0n,
      max: MAX_U64,
    });
  }
});

test('a policy is one of two', () => {
  assert.equal(new Config({ seqRolloverPolicy: 'wrap' }).seqRolloverPolicy, 'wrap');
  assert.throws(() => new Config({ seqRolloverPolicy: 'WRAP' }), {
    name: 'OapConfigError',
    field: 'seqRolloverPolicy',
    message: "seqRolloverPolicy = 'WRAP' is not one of error, wrap",
  });
});

test('unknown options and wrong types are TypeErrors that name the option', () => {
  assert.throws(() => new Config({ strict_headers: true }), { name: 'TypeError', message: /strict_headers/ });
  assert.throws(() => new Config({ strictHeaders: 1 }), { name: 'TypeError', message: /strictHeaders/ });
  assert.throws(() => new Config({ features: 1 }), { name: 'TypeError', message: /features/ });
  assert.throws(() => new Config(7), TypeError);
  assert.throws(() => new Config(null), TypeError);
});

test('options and a Config are taken alike, and a Config does not change', () => {
  const config = new Config({ maxFrame: 4_096, features: 3n });
  assert.equal(new Decoder(config).config, config);
  assert.equal(new Session({ features: 3n }).hello().features, 3n);
  assert.throws(() => {
    config.maxFrame = 1;
  }, TypeError);
});

test('feature bits are shown by no error and no inspection', () => {
  assert.doesNotMatch(inspect(new Config({ features: 48_879n }), { showHidden: true, depth: 9 }), /48879/);
  try {
    new Config({ features: 2n ** 64n + 48_879n });
    assert.fail();
  } catch (error) {
    assert.doesNotMatch(inspect(error), /18446744073709600495/);
  }
});
