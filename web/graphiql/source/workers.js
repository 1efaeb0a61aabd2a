// Monaco asks here for its workers. They are files of our own: nothing is fetched from elsewhere, no blob is run.
globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(WORKER_ADDRESSES[label] ?? WORKER_ADDRESSES.editor),
};
