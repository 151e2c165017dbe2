;; FROZEN: a plugin of the world `factor` as it was on 2026-11-27. It never changes; the README beside it says why.
;; Each export notes that it was called by a bit of its own, from 0 in the order below, except `describe`.
(module
  (import "argonaut:plugin/log@1.0.0" "write" (func $write (param i32 i32 i32)))
  (memory (export "memory") 2)
  (global $called (mut i64) (i64.const 0))
  (global $top (mut i32) (i32.const 65536))
  (func $note (param $bit i64)
    (global.set $called (i64.or (global.get $called) (i64.shl (i64.const 1) (local.get $bit)))))
  (func $has (param $bit i64) (result i32)
    (i32.wrap_i64 (i64.and (i64.const 1) (i64.shr_u (global.get $called) (local.get $bit)))))
  (func (export "describe") (result i32)
    (i32.const 1024))
  (func (export "init") (param $name i32) (param $name_len i32) (param $parameters i32) (param $parameters_len i32) (result i32)
    (call $note (i64.const 1))
    (call $write (i32.const 1) (i32.const 560) (i32.const 5))
    (i32.const 1120))
  (func (export "score") (param $times i32) (param $times_len i32) (param $instruments i32) (param $instruments_len i32) (param $fields i32) (param $fields_len i32) (param $first i32) (result i32)
    (call $note (i64.const 2))
    (if (i32.eqz (call $has (i64.const 1))) (then unreachable))
    (i32.store (i32.const 2048) (i32.const 0))
    (i32.store (i32.const 2052) (i32.load (local.get $fields)))
    (i32.store (i32.const 2056) (i32.mul (local.get $instruments_len) (i32.sub (local.get $times_len) (local.get $first))))
    (i32.const 2048))
  (func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32)
    (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $top) (i32.const 15)) (i32.const -16)))
    (global.set $top (i32.add (local.get $at) (local.get $size)))
    (block $fits
      (br_if $fits (i32.le_u (global.get $top) (i32.mul (memory.size) (i32.const 65536))))
      (drop (memory.grow (i32.add (i32.div_u (local.get $size) (i32.const 65536)) (i32.const 1)))))
    (local.get $at))
  ;; texts of the description
  (data (i32.const 512) "frozen1.0.0of 2026-11-27")
  ;; the description: name, version, documentation, no parameters
  (data (i32.const 1024) "\00\02\00\00\06\00\00\00\06\02\00\00\05\00\00\00\0b\02\00\00\0d\00\00\00\00\00\00\00\00\00\00\00")
  ;; ok
  (data (i32.const 1088) "\00")
  ;; a field
  (data (i32.const 560) "close")
  ;; a list of that field
  (data (i32.const 1104) "\30\02\00\00\05\00\00\00")
  ;; ok: the list, no rows of history, higher is better
  (data (i32.const 1120) "\00\00\00\00\50\04\00\00\01\00\00\00\00\00\00\00\00\00\00\00")
)
