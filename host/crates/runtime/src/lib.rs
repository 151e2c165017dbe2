//! WebAssembly plugins: admission, limits, bindings, instances.
