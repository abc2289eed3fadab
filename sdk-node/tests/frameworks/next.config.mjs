export default { output: 'standalone', serverExternalPackages: ['oap'] };
