//! Rotation Matrix: turns about the three axes.

use pulsewire_plugin_api::{prelude::*, value::Matrix4x4};

pure! {
    NODE = NodeType::action("math.rotation_matrix", "Rotation Matrix")
        .category("Math")
        .help(
            "The matrix that turns a point about X, then Y, then Z, counter-clockwise as seen from the end of the axis. \
             The point is a column on the right of the matrix.",
        )
        .inputs(&[
            Socket::data("angle_x_in_degree", "Angle X in degree", DataType::Float),
            Socket::data("angle_y_in_degree", "Angle Y in degree", DataType::Float),
            Socket::data("angle_z_in_degree", "Angle Z in degree", DataType::Float),
        ])
        .outputs(&[Socket::data("rotation_matrix", "Rotation Matrix", DataType::Matrix4x4)]),
    |call| {
        let (sin_x, cos_x) = call.float(0)?.to_radians().sin_cos();
        let (sin_y, cos_y) = call.float(1)?.to_radians().sin_cos();
        let (sin_z, cos_z) = call.float(2)?.to_radians().sin_cos();
        // The product Z · Y · X.
        let rows = [
            cos_z * cos_y, cos_z * sin_y * sin_x - sin_z * cos_x, cos_z * sin_y * cos_x + sin_z * sin_x, 0.0,
            sin_z * cos_y, sin_z * sin_y * sin_x + cos_z * cos_x, sin_z * sin_y * cos_x - cos_z * sin_x, 0.0,
            -sin_y, cos_y * sin_x, cos_y * cos_x, 0.0,
            0.0, 0.0, 0.0, 1.0,
        ];
        call.set(0, Value::Matrix4x4(Matrix4x4::from(rows)));
        Ok(())
    };
}
