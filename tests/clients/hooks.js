// Puts interceptors around calls, and keeps what each hook, callback and Promise was given, in order.
const told = [];

const brief = (value) => {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value === 'function') return 'a function';
  if (value === null || typeof value !== 'object') return String(value);
  if (typeof value.then === 'function') return 'a Promise';
  return Object.keys(value).sort().map((key) => (typeof value[key] === 'string' ? `${key}=${value[key]}` : key));
};

const note = (word, answer) => (value) => {
  told.push([word, brief(value)]);
  return typeof answer === 'function' ? answer(value) : answer;
};

const fails = () => {
  throw new Error('a hook threw');
};

const later = (value) => Promise.resolve(value);

const all = (options) => ({ ...options, success: note('success'), fail: note('fail'), complete: note('complete') });

// What is returned counts as well, and what becomes of a Promise.
function call(uni, api, options) {
  try {
    const returned = uni[api](options);
    told.push(['returned', brief(returned)]);
    if (returned && typeof returned.then === 'function') returned.then(note('resolved'), note('rejected'));
  } catch (error) {
    told.push(['threw', brief(error)]);
  }
}

const both = (uni, options) => {
  call(uni, 'uploadFile', all(options));
  call(uni, 'uploadFile', { ...options });
};

const every = (word, answer) => ({
  invoke: note(`${word} invoke`),
  success: note(`${word} success`, answer),
  fail: note(`${word} fail`, answer),
  complete: note(`${word} complete`, answer),
  returnValue: note(`${word} returnValue`),
});

const having = (interceptor) => (uni, options) => {
  uni.addInterceptor('uploadFile', interceptor);
  both(uni, options);
};

const CASES = {
  'every hook': having(every('hook')),
  'a failure': (uni, options) => having(every('hook'))(uni, { ...options, filePath: 'nothing.png' }),
  'edited options': having({ invoke: (options) => void (options.header = { token: 't' }) }),
  'an edited result': having({ success: (result) => void (result.data = 'edited') }),
  'options that are returned': having({ invoke: (options) => ({ ...options, url: 'nowhere' }) }),
  'an asynchronous invoke': having({ invoke: later }),
  'an asynchronous invoke that edits': having({ invoke: (options) => later({ ...options, header: { token: 'u' } }) }),
  'an asynchronous invoke that brings nothing': having({ invoke: () => later() }),
  'an asynchronous invoke that brings false': having({ invoke: () => later(false) }),
  'an asynchronous invoke that brings false, and success': having({ invoke: () => later(false), success: note('hook') }),
  'an invoke that says false': having({ invoke: () => false, returnValue: note('returnValue') }),
  'an invoke that throws': having({ invoke: fails, returnValue: note('returnValue') }),
  'a result that is replaced later': having({ success: () => later({ data: 'later' }) }),
  'a result that is replaced at once': having({ success: () => ({ data: 'at once' }) }),
  'a success that says false': having({ success: () => false, complete: note('hook') }),
  'a success that brings false': having({ success: () => later(false) }),
  'a returned value': having({ returnValue: () => 'value' }),
  'a returned value that is falsy': having({ returnValue: () => 0 }),
  'hooks of every API, and of one': (uni, options) => {
    uni.addInterceptor('uploadFile', every('one'));
    uni.addInterceptor(every('every'));
    uni.addInterceptor('uploadFile', every('another'));
    uni.addInterceptor('request', every('foreign'));
    both(uni, options);
  },
  'a hook behind an asynchronous one': (uni, options) => {
    uni.addInterceptor('uploadFile', { invoke: later });
    having({ invoke: note('lost') })(uni, options);
  },
  'a result behind an asynchronous hook': (uni, options) => {
    uni.addInterceptor('uploadFile', { success: later });
    having({ success: note('lost') })(uni, options);
  },
  'the same twice': (uni, options) => {
    const own = every('hook');
    uni.addInterceptor('uploadFile', own);
    having(own)(uni, options);
  },
  'one removed': (uni, options) => {
    const own = every('removed');
    uni.addInterceptor('uploadFile', own);
    uni.addInterceptor('uploadFile', every('left'));
    uni.removeInterceptor('uploadFile', { invoke: own.invoke, success: own.success, fail: fails });
    both(uni, options);
  },
  'all of one removed': (uni, options) => {
    uni.addInterceptor('uploadFile', every('removed'));
    uni.addInterceptor(every('left'));
    uni.removeInterceptor('uploadFile');
    both(uni, options);
  },
  'one of every API removed': (uni, options) => {
    const own = every('removed');
    uni.addInterceptor(own);
    uni.addInterceptor(every('left'));
    uni.removeInterceptor(own);
    both(uni, options);
  },
  'what is no interceptor': (uni, options) => {
    uni.addInterceptor('uploadFile', { invoke: 'text', other: fails });
    uni.addInterceptor('uploadFile');
    uni.addInterceptor('uploadFile', [fails]);
    uni.removeInterceptor('request', every('unknown'));
    both(uni, options);
  },
  'one that is added by a hook': (uni, options) => {
    having({ invoke: () => uni.addInterceptor('uploadFile', { success: note('added') }) })(uni, options);
  },
  'calls of the phone': (uni) => {
    uni.addInterceptor(every('hook'));
    call(uni, 'setStorage', { key: 'k', data: 'v' });
    call(uni, 'getStorage', { key: 'k', complete: note('complete') });
    call(uni, 'getStorageSync', 'k');
    call(uni, 'canIUse', 'uploadFile');
    call(uni, 'onNetworkStatusChange', () => {});
  },
};

exports.names = () => Object.keys(CASES);

// What a case adds is taken away by `clear`, from every API and from one.
const watched = (uni, added) =>
  new Proxy({}, {
    get: (_, api) => (...args) => {
      const returned = uni[api](...args);
      if (api === 'addInterceptor') added.push(args);
      if (api.endsWith('Interceptor')) told.push([api, brief(returned)]);
      return returned;
    },
  });

exports.play = (owner, name, options) => {
  const uni = exports.apis[owner];
  const added = [];
  told.length = 0;
  exports.clear = () => {
    added.forEach(([first]) => uni.removeInterceptor(first));
    return told;
  };
  CASES[name](watched(uni, added), options);
};
