/** f, evaluated once for each object: what a bound's assumptions and its formula both need of the same inputs. */
export function once<Inputs extends object, Result>(f: (inputs: Inputs) => Result): (inputs: Inputs) => Result {
  const known = new WeakMap<Inputs, { readonly result: Result }>();
  return (inputs) => {
    let made = known.get(inputs);
    if (made === undefined) {
      made = { result: f(inputs) };
      known.set(inputs, made);
    }
    return made.result;
  };
}
