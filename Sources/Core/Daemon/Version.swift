/// The version of the suite.
package let suiteVersion = "0.1.0"
